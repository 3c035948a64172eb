package rtsp

import "strconv"

const (
	protocolRTSP  = "RTSP/1.0"
	contentLength = "Content-Length"
	cseq          = "CSeq"
)

// A Request is the request of a sender.
type Request struct {
	Method string // "ANNOUNCE", "SETUP", ... in the sender's case
	URI    string // "*", "rtsp://10.0.0.9/3413821438", "/feedback" or empty
	Proto  string // "RTSP/1.0" or "HTTP/1.1"
	Header Header
	Body   []byte // nil when there is none
}

// Append appends the request to dst: Content-Length only where there is a
// body, and "RTSP/1.0" where Proto is empty.
func (r *Request) Append(dst []byte) []byte {
	dst = append(dst, r.Method...)
	dst = append(dst, ' ')
	dst = append(dst, r.URI...)
	dst = append(dst, ' ')
	if r.Proto == "" {
		dst = append(dst, protocolRTSP...)
	}
	dst = append(dst, r.Proto...)
	dst = append(dst, "\r\n"...)
	dst = r.Header.append(dst)
	if len(r.Body) > 0 {
		dst = appendField(dst, contentLength, strconv.Itoa(len(r.Body)))
	}
	dst = append(dst, "\r\n"...)
	return append(dst, r.Body...)
}

// A Response is the answer of a receiver.
type Response struct {
	Status int // 100 to 999, see StatusText
	Header Header
	Body   []byte // nil when there is none
}

// Append appends the response to dst, always as RTSP/1.0 and always with
// Content-Length: some senders wait for one.
func (r *Response) Append(dst []byte) []byte {
	dst = append(dst, protocolRTSP...)
	dst = append(dst, ' ')
	dst = strconv.AppendInt(dst, int64(r.Status), 10)
	dst = append(dst, ' ')
	dst = append(dst, StatusText(r.Status)...)
	dst = append(dst, "\r\n"...)
	dst = r.Header.append(dst)
	dst = appendField(dst, contentLength, strconv.Itoa(len(r.Body)))
	dst = append(dst, "\r\n"...)
	return append(dst, r.Body...)
}
