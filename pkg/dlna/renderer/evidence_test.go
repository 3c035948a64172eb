package renderer

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"syscall"
	"testing"

	"github.com/breezeway-audio/breezeway/pkg/dlna/upnp"
)

func TestEvidenceOf(t *testing.T) {
	fault := func(code int) error { return fmt.Errorf("renderer: upnp: Play: %w", &upnp.Fault{Code: code}) }
	cases := []struct {
		name string
		err  error
		want Evidence
	}{
		{"success", nil, EvidenceNone},
		{"given up by us", fmt.Errorf("renderer: %w", context.Canceled), EvidenceNone},
		{"refused connection", &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}, EvidenceUnreachable},
		{"anything else", errors.New("x"), EvidenceUnreachable},
		{"our time is over", fmt.Errorf("renderer: %w", context.DeadlineExceeded), EvidenceTimeout},
		{"its time is over", &net.OpError{Op: "read", Err: os.ErrDeadlineExceeded}, EvidenceTimeout},
		{"MIME", fault(714), EvidenceRefusedMIME},
		{"format", fault(704), EvidenceFormat},
		{"not found", fault(716), EvidenceNotFound},
		{"locked", fault(705), EvidenceLocked},
		{"busy", fault(715), EvidenceLocked},
		{"transition", fault(701), EvidenceNotYet},
		{"instance", fault(718), EvidenceNotYet},
		{"arguments", fault(402), EvidenceArguments},
		{"Sonos not coordinator", fault(800), EvidenceRefused},
		{"no code", fault(0), EvidenceRefused},
		{"nonsense", fmt.Errorf("x: %w", upnp.ErrMalformed), EvidenceMalformed},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if got := EvidenceOf(c.err); got != c.want {
				t.Errorf("want %v, got %v", c.want, got)
			}
		})
	}
	if got := (EvidenceMalformed + 1).String(); got != "Evidence(11)" {
		t.Errorf("want Evidence(11), got %s", got)
	}
}
