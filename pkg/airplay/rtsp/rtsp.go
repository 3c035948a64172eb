// Package rtsp reads and writes the RTSP/1.0 messages of AirPlay 1 (RAOP) and
// serves connections of them.
//
// RTSP is RFC 2326. Senders deviate from it, and the reader accepts what they do: a
// request line may have an empty URI or end in HTTP/1.1, lines may end in a
// bare LF, requests may be pipelined. What no sender needs is refused: folded
// header lines, transfer encodings, interleaved binary data. Every length is
// checked against Limits before memory is allocated.
//
// The package handles messages and connections only. The meaning of ANNOUNCE or
// SETUP, sessions and passwords belong to the Handler.
package rtsp

import "fmt"

// Limits bound what a peer can make the reader hold.
type Limits struct {
	LineBytes    int // longest start line or header line, without its line end
	HeaderFields int // most header lines
	BodyBytes    int // longest body
}

// DefaultLimits leave room for cover art of several megabytes.
var DefaultLimits = Limits{LineBytes: 8 << 10, HeaderFields: 64, BodyBytes: 8 << 20}

// ProtocolError means that a message is malformed or was refused before it was read.
// The beginning of the next message is not known: answer Status and close.
type ProtocolError struct {
	Status int    // what to answer: 400, 413, 414, 431, 501 or 505
	CSeq   string // to be echoed, if it was read
	Err    error  // the cause
}

func (e *ProtocolError) Error() string {
	return fmt.Sprintf("rtsp: %v (%d %s)", e.Err, e.Status, StatusText(e.Status))
}

// Unwrap returns the cause.
func (e *ProtocolError) Unwrap() error { return e.Err }

// refuse makes a ProtocolError to be answered with status.
func refuse(status int, format string, args ...any) *ProtocolError {
	return &ProtocolError{Status: status, Err: fmt.Errorf(format, args...)}
}
