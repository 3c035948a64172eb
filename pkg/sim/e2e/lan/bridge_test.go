//go:build linux

package lan_test

import (
	"encoding/json"
	"net/netip"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/sim/lab"
)

const (
	// offeredWithin is asked for from the start of the program to its first
	// speaker, where renderers answer at once.
	offeredWithin = 3 * time.Second
	// startWithin is asked for from RECORD to the first byte of sound at the
	// speaker, beyond the buffer.
	startWithin = 300 * time.Millisecond
	// buffer is what BREEZEWAY_LATENCY is unless set.
	buffer = 500 * time.Millisecond
	// stopWithin is asked for from SIGTERM to the end.
	stopWithin = 5 * time.Second
	// logWithin bounds the wait for a log line that is due.
	logWithin = 10 * time.Second
)

// The program's log lines that tests go by.
const (
	logOffered = "speaker found and offered to AirPlay senders"
	logPlays   = "speaker has fetched the first sound"
	logEnded   = "session ended"
)

// A bridge is the program on a host.
type bridge struct {
	*lab.Process
	host  *lab.Host
	began time.Time
}

// startBridge runs the binary with env beside the default configuration.
func startBridge(t *testing.T, host *lab.Host, binary string, env ...string) *bridge {
	t.Helper()
	b := &bridge{host: host, began: time.Now()}
	b.Process = host.Start(t, lab.Program{Name: "breezeway", Args: []string{binary}, Env: env})
	return b
}

// A record is one line of the log.
type record struct {
	RTSP            uint16 `json:"rtsp"`
	Codec           string `json:"codec"`
	AfterRecordMS   int    `json:"after_record_ms"` // to the speaker's first byte
	LeadMS          int    `json:"lead_ms"`         // silence that the stream begins with
	Received        int    `json:"received"`
	Recovered       int    `json:"recovered"`
	Lost            int    `json:"lost"`
	ConcealedFrames int    `json:"concealed_frames"`
	StarvedFrames   int    `json:"starved_frames"`
	Undecoded       int    `json:"undecodable"`
}

// waitRecord waits for a line of that message.
func (b *bridge) waitRecord(t *testing.T, message string) record {
	t.Helper()
	line := b.WaitLine(t, `^\{.*"message":"`+regexp.QuoteMeta(message)+`".*$`, logWithin)[0]
	var r record
	if err := json.Unmarshal([]byte(line), &r); err != nil {
		t.Fatalf("log line %s: %v", line, err)
	}
	return r
}

// waitLogged waits until the program has logged a message so many times, and reports
// whether it did. It gives up early when hopeless says so.
func (b *bridge) waitLogged(message string, times int, hopeless func() bool) bool {
	logged := func() bool {
		return strings.Count(strings.Join(b.Lines(), "\n"), `"message":"`+message+`"`) >= times
	}
	lab.ComesTrue(logWithin, func() bool { return logged() || hopeless() })
	return logged()
}

// receiver is where the first speaker's AirPlay receiver listens.
func (b *bridge) receiver(t *testing.T) netip.AddrPort {
	t.Helper()
	return netip.AddrPortFrom(b.host.Addr, b.waitRecord(t, logOffered).RTSP)
}

// end ends the program as a service manager does.
func (b *bridge) end(t *testing.T) {
	t.Helper()
	began := time.Now()
	b.Terminate()
	if code := b.Wait(t, stopWithin); code != 0 {
		t.Errorf("want exit code 0 after SIGTERM, got %d", code)
	}
	t.Logf("ended %v after SIGTERM", time.Since(began).Round(time.Millisecond))
}
