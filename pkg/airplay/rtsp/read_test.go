package rtsp_test

import (
	"bufio"
	"errors"
	"io"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/breezeway-audio/breezeway/pkg/airplay/rtsp"
)

func TestReadRequestTolerates(t *testing.T) {
	options := rtsp.Request{Method: "OPTIONS", URI: "*", Proto: "RTSP/1.0", Header: rtsp.Header{{Name: "CSeq", Value: "1"}}}
	tests := []struct {
		name, in string
		want     rtsp.Request
	}{
		{"plain", "OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n", options},
		{"bare line feeds", "OPTIONS * RTSP/1.0\nCSeq: 1\n\n", options},
		{"no blank after colon", "OPTIONS * RTSP/1.0\r\nCSeq:1\r\n\r\n", options},
		{"blanks around the name and value", "OPTIONS * RTSP/1.0\r\nCSeq\t : \t 1 \r\n\r\n", options},
		{"empty lines before", "\r\n\n\r\nOPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n", options},
		{"blank at the end of the line", "OPTIONS * RTSP/1.0 \r\nCSeq: 1\r\n\r\n", options},
		{"empty URI", "TEARDOWN  RTSP/1.0\r\n\r\n", rtsp.Request{Method: "TEARDOWN", Proto: "RTSP/1.0"}},
		{"no URI", "TEARDOWN RTSP/1.0\r\n\r\n", rtsp.Request{Method: "TEARDOWN", Proto: "RTSP/1.0"}},
		{"URI with a blank", "GET /a b RTSP/1.0\r\n\r\n", rtsp.Request{Method: "GET", URI: "/a b", Proto: "RTSP/1.0"}},
		{"HTTP", "POST /auth-setup HTTP/1.1\r\nContent-Length: 2\r\n\r\nab", rtsp.Request{
			Method: "POST", URI: "/auth-setup", Proto: "HTTP/1.1", Body: []byte("ab"),
			Header: rtsp.Header{{Name: "Content-Length", Value: "2"}},
		}},
		{"the same length twice", "POST / HTTP/1.1\r\nContent-Length: 2\r\ncontent-length: 2\r\n\r\nab", rtsp.Request{
			Method: "POST", URI: "/", Proto: "HTTP/1.1", Body: []byte("ab"),
			Header: rtsp.Header{{Name: "Content-Length", Value: "2"}, {Name: "content-length", Value: "2"}},
		}},
		{"Latin-1 and colons in a value", "OPTIONS * RTSP/1.0\r\nX-Apple-Client-Name: J\xf6rg: phone\r\n\r\n", rtsp.Request{
			Method: "OPTIONS", URI: "*", Proto: "RTSP/1.0",
			Header: rtsp.Header{{Name: "X-Apple-Client-Name", Value: "J\xf6rg: phone"}},
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := rtsp.ReadRequest(reader([]byte(tt.in)), rtsp.DefaultLimits)
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(&tt.want, got) {
				t.Errorf("want %+v\ngot  %+v", &tt.want, got)
			}
		})
	}
}

func TestReadRequestRefuses(t *testing.T) {
	limits := rtsp.Limits{LineBytes: 100, HeaderFields: 3, BodyBytes: 1000}
	const start = "OPTIONS * RTSP/1.0\r\nCSeq: 7\r\n"
	tests := []struct {
		name, in string
		status   int
		cseq     string
	}{
		{"one word", "OPTIONS\r\n\r\n", 400, ""},
		{"no method", " * RTSP/1.0\r\n\r\n", 400, ""},
		{"endless method", strings.Repeat("A", 60) + " * RTSP/1.0\r\n\r\n", 400, ""},
		{"no protocol", "OPTIONS * there\r\n\r\n", 400, ""},
		{"other protocol", "OPTIONS sip:x SIP/2.0\r\n\r\n", 400, ""},
		{"RTSP 2", "OPTIONS * RTSP/2.0\r\n\r\n", 505, ""},
		{"HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505, ""},
		{"TLS", "\x16\x03\x01\x02\x00\x01\n", 400, ""},
		{"only empty lines", strings.Repeat("\r\n", 1000), 400, ""},
		{"long request line", "GET /" + strings.Repeat("a", 200), 414, ""},
		{"long header line", start + "X: " + strings.Repeat("a", 200), 431, "7"},
		{"many header lines", start + strings.Repeat("a: b\r\n", 3), 431, "7"},
		{"header line without colon", start + "hello\r\n\r\n", 400, "7"},
		{"header line without name", start + ": x\r\n\r\n", 400, "7"},
		{"folded header line", start + " more: x\r\n\r\n", 400, "7"},
		{"NUL in a value", start + "a: \x00\r\n\r\n", 400, "7"},
		{"bare carriage return in a value", start + "a: b\rc: d\r\n\r\n", 400, "7"},
		{"length of letters", start + "Content-Length: many\r\n\r\n", 400, "7"},
		{"empty length", start + "Content-Length:\r\n\r\n", 400, "7"},
		{"negative length", start + "Content-Length: -1\r\n\r\n", 400, "7"},
		{"signed length", start + "Content-Length: +1\r\n\r\na", 400, "7"},
		{"two lengths", start + "Content-Length: 1\r\nContent-Length: 2\r\n\r\nab", 400, "7"},
		{"length above the limit", start + "Content-Length: 1001\r\n\r\n", 413, "7"},
		{"length of 4 GB", start + "Content-Length: 4294967296\r\n\r\n", 413, "7"},
		{"length beyond 64 bits", start + "Content-Length: 99999999999999999999\r\n\r\n", 413, "7"},
		{"chunks", start + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 501, "7"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := rtsp.ReadRequest(reader([]byte(tt.in)), limits)
			var refused *rtsp.ProtocolError
			if !errors.As(err, &refused) {
				t.Fatalf("want a ProtocolError, got %v", err)
			}
			if refused.Status != tt.status || refused.CSeq != tt.cseq {
				t.Errorf("want %d with CSeq %q, got %d with %q: %v", tt.status, tt.cseq, refused.Status, refused.CSeq, err)
			}
		})
	}
}

func TestLimitsAreExact(t *testing.T) {
	limits := rtsp.Limits{LineBytes: 20, HeaderFields: 2, BodyBytes: 3}
	const in = "ABCDE /123 RTSP/1.0\nContent-Length: 0003\r\nX: 89012345678901234\n\nabc"
	if _, err := rtsp.ReadRequest(reader([]byte(in)), limits); err != nil {
		t.Errorf("at the limits: %v", err)
	}
	for _, less := range []rtsp.Limits{{19, 2, 3}, {20, 1, 3}, {20, 2, 2}} {
		var refused *rtsp.ProtocolError
		if _, err := rtsp.ReadRequest(reader([]byte(in)), less); !errors.As(err, &refused) {
			t.Errorf("%+v: want a ProtocolError, got %v", less, err)
		}
	}
}

func TestReadRequestTruncated(t *testing.T) {
	const whole = "\r\nANNOUNCE rtsp://10.0.0.9/1 RTSP/1.0\r\nCSeq: 3\r\nContent-Length: 4\r\n\r\nv=0\n"
	for n := range len(whole) {
		want := io.ErrUnexpectedEOF
		if n <= len("\r\n") && n != 1 {
			want = io.EOF
		}
		if _, err := rtsp.ReadRequest(reader([]byte(whole[:n])), rtsp.DefaultLimits); !errors.Is(err, want) {
			t.Errorf("%d bytes: want %v, got %v", n, want, err)
		}
	}
	slow := bufio.NewReader(iotest.OneByteReader(strings.NewReader(whole)))
	if r, err := rtsp.ReadRequest(slow, rtsp.DefaultLimits); err != nil || string(r.Body) != "v=0\n" {
		t.Errorf("byte by byte: %v, %v", r, err)
	}
}

func TestReadResponse(t *testing.T) {
	tests := []struct {
		name, in string
		want     *rtsp.Response
	}{
		{"plain", "RTSP/1.0 200 OK\r\nCSeq: 1\r\n\r\n", &rtsp.Response{Status: 200, Header: rtsp.Header{{Name: "CSeq", Value: "1"}}}},
		{"no phrase", "RTSP/1.0 453\r\n\r\n", &rtsp.Response{Status: 453}},
		{"phrase of several words", "HTTP/1.1 404 Not Found\n\n", &rtsp.Response{Status: 404}},
		{"no status", "RTSP/1.0\r\n\r\n", nil},
		{"status of letters", "RTSP/1.0 OK\r\n\r\n", nil},
		{"status too small", "RTSP/1.0 99 OK\r\n\r\n", nil},
		{"status too large", "RTSP/1.0 1000 OK\r\n\r\n", nil},
		{"a request", "OPTIONS * RTSP/1.0\r\n\r\n", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := rtsp.ReadResponse(reader([]byte(tt.in)), rtsp.DefaultLimits)
			if (err != nil) != (tt.want == nil) || !reflect.DeepEqual(tt.want, got) {
				t.Errorf("want %+v, got %+v, %v", tt.want, got, err)
			}
		})
	}
}

func TestAppendResponse(t *testing.T) {
	tests := []struct {
		name string
		in   rtsp.Response
		want string
	}{
		{"empty", rtsp.Response{Status: 200}, "RTSP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n"},
		{"code without a phrase", rtsp.Response{Status: 299}, "RTSP/1.0 299 Unknown\r\nContent-Length: 0\r\n\r\n"},
		{"wrong length corrected", rtsp.Response{
			Status: 453, Body: []byte("abc"), Header: rtsp.Header{{Name: "content-length", Value: "9"}, {Name: "A", Value: "b"}},
		}, "RTSP/1.0 453 Not Enough Bandwidth\r\nA: b\r\nContent-Length: 3\r\n\r\nabc"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := string(tt.in.Append(nil)); got != tt.want {
				t.Errorf("want %q\ngot  %q", tt.want, got)
			}
		})
	}
}

// A peer that announces a large body and sends little gets little memory.
func TestBodyMemoryFollowsTheBytes(t *testing.T) {
	const in = "SET_PARAMETER * RTSP/1.0\r\nContent-Length: 8000000\r\n\r\n"
	before, after := new(runtime.MemStats), new(runtime.MemStats)
	runtime.ReadMemStats(before)
	_, err := rtsp.ReadRequest(reader([]byte(in+strings.Repeat("x", 100_000))), rtsp.DefaultLimits)
	runtime.ReadMemStats(after)
	if !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("want io.ErrUnexpectedEOF, got %v", err)
	}
	if spent := after.TotalAlloc - before.TotalAlloc; spent > 1<<20 {
		t.Errorf("100 kB of body cost %d bytes", spent)
	}
}

func TestLargeBody(t *testing.T) {
	want := strings.Repeat("0123456789", 500_001)
	request := rtsp.Request{Method: "SET_PARAMETER", URI: "*", Body: []byte(want)}
	got, err := rtsp.ReadRequest(reader(request.Append(nil)), rtsp.DefaultLimits)
	if err != nil {
		t.Fatal(err)
	}
	if string(got.Body) != want || cap(got.Body) != len(want) {
		t.Errorf("body of %d bytes in %d, want %d", len(got.Body), cap(got.Body), len(want))
	}
}

func TestHeader(t *testing.T) {
	h := rtsp.Header{{"A", "1"}, {"b", "2"}, {"a", "3"}, {"C", "4"}}
	h.Set("a", "5")
	h.Set("d", "6")
	h.Add("B", "7")
	if want := (rtsp.Header{{"a", "5"}, {"b", "2"}, {"C", "4"}, {"d", "6"}, {"B", "7"}}); !reflect.DeepEqual(want, h) {
		t.Errorf("want %v, got %v", want, h)
	}
	if h.Get("c") != "4" || h.Get("B") != "2" || h.Get("x") != "" || h.Has("x") || !h.Has("D") {
		t.Errorf("look-ups in %v", h)
	}
}

func TestParameters(t *testing.T) {
	tests := []struct {
		name, in string
		want     map[string]string
	}{
		{"empty", "", map[string]string{}},
		{"asked for", "volume\r\n", map[string]string{"volume": ""}},
		{"set", "volume: -11.123877\r\n", map[string]string{"volume": "-11.123877"}},
		{"no line end", "progress: 1/2/3", map[string]string{"progress": "1/2/3"}},
		{"several, any case", "Volume: -1\nPROGRESS:4/5/6\r\nvolume: -2\n", map[string]string{"volume": "-2", "progress": "4/5/6"}},
		{"rubbish", ":\r\n: 1\r\n\x00\r\n", map[string]string{"\x00": ""}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := rtsp.ParseParameters([]byte(tt.in)); !reflect.DeepEqual(tt.want, got) {
				t.Errorf("want %q, got %q", tt.want, got)
			}
		})
	}
	body := rtsp.AppendParameter(nil, "volume", "-20.5")
	if got := rtsp.ParseParameters(body)["volume"]; got != "-20.5" {
		t.Errorf("round trip: got %q from %q", got, body)
	}
	var many []byte
	for i := range 1000 {
		many = rtsp.AppendParameter(many, strings.Repeat("x", i+1), "1")
	}
	if got := len(rtsp.ParseParameters(many)); got != 32 {
		t.Errorf("want the first 32 of 1000 lines, got %d", got)
	}
}
