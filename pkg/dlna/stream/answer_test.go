package stream_test

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"github.com/breezeway-audio/breezeway/pkg/dlna/stream"
	"github.com/breezeway-audio/breezeway/pkg/settings"
)

func TestAnswerHeaders(t *testing.T) {
	s, addr := serve(t, stream.ServerOptions{})
	cases := []struct {
		name    string
		length  settings.Length
		request string // %s is the path
		status  string
		want    []string // whole lines, case included
		without []string // parts that no line may have, compared in lower case
	}{
		{"none", settings.LengthNone, get("%s"), "HTTP/1.1 200 OK",
			[]string{"Connection: close"}, []string{"transfer-encoding", "content-length", "accept-ranges", "content-range"}},
		{"chunked", settings.LengthChunked, get("%s"), "HTTP/1.1 200 OK",
			[]string{"Transfer-Encoding: chunked"}, []string{"content-length"}},
		{"chunked for HTTP/1.0", settings.LengthChunked, "GET %s HTTP/1.0\r\n\r\n", "HTTP/1.0 200 OK",
			nil, []string{"transfer-encoding", "content-length"}},
		{"fake", settings.LengthFake, get("%s"), "HTTP/1.1 200 OK",
			[]string{"Content-Length: 2147483647"}, []string{"transfer-encoding"}},
		{"fake, the rest", settings.LengthFake, get("%s", "Range: bytes=44-"), "HTTP/1.1 206 Partial Content",
			[]string{"Content-Length: 2147483603", "Content-Range: bytes 44-2147483646/2147483647"}, nil},
		{"fake, all as a range", settings.LengthFake, get("%s", "Range: bytes=0-"), "HTTP/1.1 206 Partial Content",
			[]string{"Content-Length: 2147483647", "Content-Range: bytes 0-2147483646/2147483647"}, nil},
		{"none, all as a range", settings.LengthNone, get("%s", "Range: bytes=0-"), "HTTP/1.1 200 OK",
			nil, []string{"content-range", "content-length"}},
		{"none, the rest", settings.LengthNone, get("%s", "Range: bytes=44-"), "HTTP/1.1 206 Partial Content",
			[]string{"Content-Range: bytes 44-2147483646/2147483647"}, []string{"transfer-encoding", "content-length"}},
		{"probe", settings.LengthNone, get("%s", "Range: bytes=0-1"), "HTTP/1.1 206 Partial Content",
			[]string{"Content-Length: 2", "Content-Range: bytes 0-1/2147483647"}, []string{"transfer-encoding"}},
		{"tail probe", settings.LengthFake, get("%s", "Range: bytes=-128"), "HTTP/1.1 416 Requested Range Not Satisfiable",
			[]string{"Content-Range: bytes */2147483647"}, nil},
		{"head", settings.LengthNone, "HEAD %s HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 200 OK",
			nil, []string{"transfer-encoding", "content-length"}},
		{"head with a range", settings.LengthFake, "HEAD %s HTTP/1.1\r\nHost: x\r\nRange: bytes=0-1\r\n\r\n", "HTTP/1.1 200 OK",
			[]string{"Content-Length: 2147483647"}, nil},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			opts := wavOptions()
			opts.Length = c.length
			st := s.Open(opts)
			defer st.Discard()
			write(t, st, "sound")

			_, r := request(t, addr, fmt.Sprintf(c.request, st.Path()))
			text := head(t, r)
			lines := strings.Split(text, "\r\n")
			want := append([]string{c.status}, c.want...)
			if !strings.Contains(c.status, "416") {
				want = append(want, "Content-Type: audio/x-wav", "transferMode.dlna.org: Streaming",
					"contentFeatures.dlna.org: DLNA.ORG_OP=00", "Cache-Control: no-cache")
			}
			for _, w := range want {
				if !contains(lines, w) {
					t.Errorf("no line %q in\n%s", w, text)
				}
			}
			for _, w := range c.without {
				if strings.Contains(strings.ToLower(text), w) {
					t.Errorf("%q in\n%s", w, text)
				}
			}
		})
	}
}

func contains(lines []string, want string) bool {
	for _, l := range lines {
		if l == want {
			return true
		}
	}
	return false
}

func TestRefusals(t *testing.T) {
	s, addr := serve(t, stream.ServerOptions{})
	mine, others := wavOptions(), wavOptions()
	mine.Peer = netip.MustParseAddr("::ffff:127.0.0.1")
	others.Peer = netip.MustParseAddr("127.0.0.2")
	own, foreign, gone := s.Open(mine), s.Open(others), s.Open(wavOptions())
	defer own.Discard()
	defer foreign.Discard()
	gone.Discard()
	gone.Discard()

	cases := []struct {
		name, request, want string
	}{
		{"own peer", "HEAD " + own.Path() + " HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 200 OK"},
		{"other peer", get(foreign.Path()), "HTTP/1.1 403 Forbidden"},
		{"discarded", get(gone.Path()), "HTTP/1.1 404 Not Found"},
		{"other token", get("/stream/AAAA/1.wav"), "HTTP/1.1 404 Not Found"},
		{"other ending", get(own.Path() + "x"), "HTTP/1.1 404 Not Found"},
		{"method", "POST " + own.Path() + " HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 405 Method Not Allowed"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			_, r := request(t, addr, c.request)
			if got, _, _ := strings.Cut(head(t, r), "\r\n"); got != c.want {
				t.Errorf("want %q, got %q", c.want, got)
			}
		})
	}
}
