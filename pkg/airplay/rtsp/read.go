package rtsp

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

const (
	// maxEmptyLines are skipped before a message: left over from a body whose
	// Content-Length was too small.
	maxEmptyLines = 8
	// believedBytes is the most memory that is allocated for a Content-Length in
	// advance: for longer bodies it grows as their bytes arrive.
	believedBytes  = 16 << 10
	maxMethodBytes = 32
)

// ReadRequest reads one request with its whole body. The error is io.EOF when
// the stream ends before the request begins, a *ProtocolError when the
// request is malformed or too big, else the reader's.
func ReadRequest(r *bufio.Reader, limits Limits) (*Request, error) {
	line, err := readStartLine(r, limits)
	if err != nil {
		return nil, err
	}
	method, uri, proto, err := parseRequestLine(line)
	if err != nil {
		return nil, err
	}
	header, body, err := readRest(r, limits)
	if err != nil {
		return nil, err
	}
	return &Request{Method: method, URI: uri, Proto: proto, Header: header, Body: body}, nil
}

// ReadResponse reads one response with its whole body. Errors are those of
// ReadRequest.
func ReadResponse(r *bufio.Reader, limits Limits) (*Response, error) {
	line, err := readStartLine(r, limits)
	if err != nil {
		return nil, err
	}
	status, err := parseStatusLine(line)
	if err != nil {
		return nil, err
	}
	header, body, err := readRest(r, limits)
	if err != nil {
		return nil, err
	}
	return &Response{Status: status, Header: header, Body: body}, nil
}

// parseRequestLine reads the first word as the method, the last as the protocol and
// everything between as the URI, which is empty in "TEARDOWN  RTSP/1.0".
func parseRequestLine(line string) (method, uri, proto string, err error) {
	line = strings.TrimRight(line, " ")
	first, last := strings.IndexByte(line, ' '), strings.LastIndexByte(line, ' ')
	if first < 1 || first > maxMethodBytes {
		return "", "", "", refuse(StatusBadRequest, "no request line: %.40q", line)
	}
	method, proto = line[:first], line[last+1:]
	if err := checkProto(proto); err != nil {
		return "", "", "", err
	}
	if first < last {
		uri = strings.Trim(line[first:last], " ")
	}
	return method, uri, proto, nil
}

// parseStatusLine reads "RTSP/1.0 200 OK"; the phrase may be missing.
func parseStatusLine(line string) (status int, err error) {
	proto, rest, _ := strings.Cut(line, " ")
	if err := checkProto(proto); err != nil {
		return 0, err
	}
	code, _, _ := strings.Cut(rest, " ")
	status, err = strconv.Atoi(code)
	if err != nil || status < 100 || status > 999 {
		return 0, refuse(StatusBadRequest, "no status code: %.40q", line)
	}
	return status, nil
}

// checkProto accepts RTSP/1.x and HTTP/1.x, which some senders and every port scanner
// write.
func checkProto(proto string) error {
	name, version, ok := strings.Cut(proto, "/")
	if !ok || (name != "RTSP" && name != "HTTP") {
		return refuse(StatusBadRequest, "neither RTSP nor HTTP: %.40q", proto)
	}
	if version != "1.0" && version != "1.1" {
		return refuse(StatusRTSPVersionUnsupported, "version %.40q", proto)
	}
	return nil
}

// readRest reads what follows a start line: header, empty line, body.
func readRest(r *bufio.Reader, limits Limits) (Header, []byte, error) {
	header, err := readHeader(r, limits)
	if err != nil {
		return nil, nil, err
	}
	length, err := bodyLength(header, limits.BodyBytes)
	if err != nil {
		return nil, nil, withCSeq(err, header)
	}
	body, err := readBody(r, length)
	if err != nil {
		return nil, nil, reading("body", err)
	}
	return header, body, nil
}

func readHeader(r *bufio.Reader, limits Limits) (Header, error) {
	var header Header
	for {
		line, err := readLine(r, limits.LineBytes, StatusHeaderTooLarge)
		if err != nil {
			return nil, withCSeq(reading("header", err), header)
		}
		if line == "" {
			return header, nil
		}
		if len(header) == limits.HeaderFields {
			return nil, withCSeq(refuse(StatusHeaderTooLarge, "more than %d header lines", limits.HeaderFields), header)
		}
		name, value, ok := strings.Cut(line, ":")
		name = strings.TrimRight(name, " \t")
		if !ok || name == "" || strings.ContainsAny(name, " \t") {
			return nil, withCSeq(refuse(StatusBadRequest, "no header line: %.40q", line), header)
		}
		header.Add(name, strings.Trim(value, " \t"))
	}
}

// bodyLength is the value of Content-Length, 0 without one. Values above limit bytes
// are refused, numbers that do not fit an integer among them.
func bodyLength(h Header, limit int) (int, error) {
	if h.Has("Transfer-Encoding") {
		return 0, refuse(StatusNotImplemented, "transfer encoding %.40q", h.Get("Transfer-Encoding"))
	}
	text := "0"
	for i, seen := 0, false; i < len(h); i++ {
		if !strings.EqualFold(h[i].Name, contentLength) {
			continue
		}
		if seen && h[i].Value != text {
			return 0, refuse(StatusBadRequest, "two lengths, %.20q and %.20q", text, h[i].Value)
		}
		text, seen = h[i].Value, true
	}
	length, err := strconv.ParseUint(text, 10, 63)
	if errors.Is(err, strconv.ErrSyntax) {
		return 0, refuse(StatusBadRequest, "length %.40q", text)
	}
	if err != nil || length > uint64(limit) {
		return 0, refuse(StatusContentTooLarge, "body of %.20s bytes, at most %d", text, limit)
	}
	return int(length), nil
}

// readBody reads length bytes, nil if length is 0. It allocates at most twice what has
// arrived, and never more than length.
func readBody(r *bufio.Reader, length int) ([]byte, error) {
	if length == 0 {
		return nil, nil
	}
	body := make([]byte, min(length, believedBytes))
	for have := 0; ; {
		n, err := io.ReadFull(r, body[have:])
		if have += n; err != nil || have == length {
			return body[:have], err
		}
		longer := make([]byte, min(length, 2*have))
		copy(longer, body)
		body = longer
	}
}

// readStartLine skips empty lines and reads the first one that is not empty.
func readStartLine(r *bufio.Reader, limits Limits) (string, error) {
	for range maxEmptyLines + 1 {
		line, err := readLine(r, limits.LineBytes, StatusURITooLong)
		if errors.Is(err, io.EOF) {
			return "", io.EOF
		}
		if err != nil {
			return "", reading("start line", err)
		}
		if line != "" {
			return line, nil
		}
	}
	return "", refuse(StatusBadRequest, "more than %d empty lines", maxEmptyLines)
}

// readLine reads up to a line feed and returns the line without it and without
// the carriage return before it. A line above limit bytes is refused with
// status, one with control characters as a bad request. A stream that ends
// within the line returns io.ErrUnexpectedEOF.
func readLine(r *bufio.Reader, limit, status int) (string, error) {
	var line []byte
	for {
		piece, err := r.ReadSlice('\n')
		if len(line)+len(piece) > limit+len("\r\n") {
			return "", refuse(status, "line of more than %d bytes", limit)
		}
		line = append(line, piece...)
		if err == nil {
			break
		}
		if err == io.EOF && len(line) > 0 {
			return "", io.ErrUnexpectedEOF
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return "", err
		}
	}
	line = bytes.TrimSuffix(bytes.TrimSuffix(line, []byte("\n")), []byte("\r"))
	if len(line) > limit {
		return "", refuse(status, "line of more than %d bytes", limit)
	}
	if i := bytes.IndexFunc(line, isControl); i >= 0 {
		return "", refuse(StatusBadRequest, "control character %#02x", line[i])
	}
	return string(line), nil
}

// isControl reports whether c must not occur in a line.
func isControl(c rune) bool { return c < ' ' && c != '\t' }

// reading wraps an error that occurred while what was read. Within a message the end
// of the stream is unexpected.
func reading(what string, err error) error {
	var refused *ProtocolError
	if errors.As(err, &refused) {
		return err
	}
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return fmt.Errorf("rtsp: read %s: %w", what, err)
}

// withCSeq sets the sequence number of h in err if it is a ProtocolError.
func withCSeq(err error, h Header) error {
	var refused *ProtocolError
	if errors.As(err, &refused) {
		refused.CSeq = h.Get(cseq)
	}
	return err
}
