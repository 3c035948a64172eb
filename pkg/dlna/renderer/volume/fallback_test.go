package volume

import (
	"context"
	"fmt"
	"testing"

	"github.com/breezeway-audio/breezeway/pkg/dlna/renderer/conn"
	"github.com/breezeway-audio/breezeway/pkg/dlna/upnp"
)

// A clientWithoutSCPD answers every request for an SCPD with an error.
type clientWithoutSCPD struct {
	conn.Client
	err error
}

func (c clientWithoutSCPD) SCPD(context.Context, upnp.Service) (*upnp.SCPD, error) { return nil, c.err }

func TestFaultySCPDMeansUsualScale(t *testing.T) {
	malformed := fmt.Errorf("upnp: SCPD: %w: EOF", upnp.ErrMalformed)
	c := &renderingControl{Conn: conn.New(clientWithoutSCPD{err: malformed})}
	if s, err := c.scale(t.Context()); err != nil || s != usualScale {
		t.Errorf("want the usual scale, got %+v, %v", s, err)
	}
	c = &renderingControl{Conn: conn.New(clientWithoutSCPD{err: context.DeadlineExceeded})}
	if _, err := c.scale(t.Context()); err == nil {
		t.Error("want an error of a device that does not answer")
	}
}
