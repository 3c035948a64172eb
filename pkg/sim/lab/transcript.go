package lab

import (
	"bytes"
	"regexp"
	"strings"
	"sync"
	"time"
)

// transcriptBytes bounds what is kept of a program's output: the rest is lost.
const transcriptBytes = 8 << 20

// A transcript keeps what a program writes and wakes those who wait for it.
type transcript struct {
	mu       sync.Mutex // guards below
	kept     bytes.Buffer
	changedC chan struct{} // closed and replaced with each write
	closed   bool
}

func newTranscript() *transcript {
	return &transcript{changedC: make(chan struct{})}
}

// Write implements io.Writer. It never fails.
func (s *transcript) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.kept.Write(b[:min(len(b), transcriptBytes-s.kept.Len())])
	s.wakeLocked()
	return len(b), nil
}

// close tells that nothing more will come.
func (s *transcript) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	s.wakeLocked()
}

func (s *transcript) wakeLocked() {
	close(s.changedC)
	s.changedC = make(chan struct{})
}

// wait gives the first match of pattern, and nil when none comes within the
// time or before the end.
func (s *transcript) wait(pattern *regexp.Regexp, within time.Duration) []string {
	deadline := time.NewTimer(within)
	defer deadline.Stop()
	for {
		s.mu.Lock()
		match, changedC, closed := pattern.FindStringSubmatch(s.kept.String()), s.changedC, s.closed
		s.mu.Unlock()
		if match != nil || closed {
			return match
		}
		select {
		case <-changedC:
		case <-deadline.C:
			return nil
		}
	}
}

func (s *transcript) text() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.kept.String()
}

// tail gives the last lines.
func (s *transcript) tail(lines int) string {
	all := strings.Split(strings.TrimRight(s.text(), "\n"), "\n")
	return strings.Join(all[max(0, len(all)-lines):], "\n")
}
