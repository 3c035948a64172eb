package lab

import (
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestTranscriptWait(t *testing.T) {
	pattern := regexp.MustCompile(`ready at (\d+)`)
	cases := []struct {
		name string
		say  func(*transcript)
		want string // the group; empty: no match
		took time.Duration
	}{
		{"said before", func(s *transcript) { _, _ = s.Write([]byte("ready at 1")) }, "1", 0},
		{"said later in two parts", func(s *transcript) {
			go func() {
				<-time.After(time.Second)
				_, _ = s.Write([]byte("rea"))
				<-time.After(time.Second)
				_, _ = s.Write([]byte("dy at 2\n"))
			}()
		}, "2", 2 * time.Second},
		{"never said", func(*transcript) {}, "", time.Minute},
		{"ended", func(s *transcript) { s.close() }, "", 0},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newTranscript()
				c.say(s)
				began := time.Now()
				got := strings.Join(s.wait(pattern, time.Minute), "|")
				if want := c.want; (want == "") != (got == "") || !strings.HasSuffix(got, want) {
					t.Errorf("want %q, got %q", want, got)
				}
				if took := time.Since(began); took != c.took {
					t.Errorf("want an answer after %v, got %v", c.took, took)
				}
			})
		})
	}
}

func TestTranscriptIsBounded(t *testing.T) {
	s := newTranscript()
	chunk := make([]byte, transcriptBytes/2+1)
	for range 3 {
		if n, err := s.Write(chunk); n != len(chunk) || err != nil {
			t.Fatalf("want all taken, got %d, %v", n, err)
		}
	}
	if want, got := transcriptBytes, len(s.text()); want != got {
		t.Errorf("want %d bytes kept, got %d", want, got)
	}
}

func TestTranscriptTail(t *testing.T) {
	s := newTranscript()
	_, _ = s.Write([]byte("1\n2\n3\n"))
	if want, got := "2\n3", s.tail(2); want != got {
		t.Errorf("want %q, got %q", want, got)
	}
	if want, got := "1\n2\n3", s.tail(9); want != got {
		t.Errorf("want %q, got %q", want, got)
	}
}
