package sender

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"testing"
)

const controlToken = "4294967297123"

// control serves a ControlPoint and gives its address.
func control(t *testing.T, o ControlOptions) (c *ControlPoint, base string) {
	t.Helper()
	o.ActiveRemote = controlToken
	c, err := ListenControl(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	endC := make(chan error, 1)
	go func() { endC <- c.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-endC; err != nil {
			t.Errorf("want a quiet end, got %v", err)
		}
	})
	return c, fmt.Sprintf("http://127.0.0.1:%d", c.Port())
}

func TestControlPointObeysAndRecords(t *testing.T) {
	var volumes []float64
	var told []string
	c, base := control(t, ControlOptions{
		OnCommand: func(command string) { told = append(told, command) },
		OnVolume:  func(volumeDB float64) { volumes = append(volumes, volumeDB) },
	})
	tests := []struct {
		name, method, path, token string
		want                      int
	}{
		{"a button", "GET", "/ctrl-int/1/nextitem", controlToken, 204},
		{"a volume", "GET", "/ctrl-int/1/setproperty?dmcp.device-volume=-12.500000", controlToken, 204},
		{"mute", "GET", "/ctrl-int/1/setproperty?dmcp.device-volume=-144", controlToken, 204},
		{"another's token", "GET", "/ctrl-int/1/pause", "1", 403},
		{"no token", "GET", "/ctrl-int/1/pause", "", 403},
		{"no command", "GET", "/ctrl-int/1/dance", controlToken, 404},
		{"another path", "GET", "/pause", controlToken, 404},
		{"another method", "POST", "/ctrl-int/1/pause", controlToken, 404},
		{"too loud", "GET", "/ctrl-int/1/setproperty?dmcp.device-volume=1", controlToken, 404},
		{"no number", "GET", "/ctrl-int/1/setproperty?dmcp.device-volume=NaN", controlToken, 404},
	}
	transport := &http.Transport{DisableKeepAlives: true}
	for _, tt := range tests {
		req, err := http.NewRequestWithContext(t.Context(), tt.method, base+tt.path, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Active-Remote", tt.token)
		resp, err := transport.RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		if err := resp.Body.Close(); err != nil {
			t.Fatal(err)
		}
		if resp.StatusCode != tt.want {
			t.Errorf("%s: want %d, got %d", tt.name, tt.want, resp.StatusCode)
		}
	}
	want := []string{"nextitem", "setproperty?dmcp.device-volume=-12.500000", "setproperty?dmcp.device-volume=-144"}
	if got := c.Commands(); !slices.Equal(want, got) || !slices.Equal(want, told) {
		t.Errorf("want %q, got %q and %q told", want, got, told)
	}
	if want := []float64{-12.5, Mute}; !slices.Equal(want, volumes) || c.Refused() != 7 {
		t.Errorf("want the volumes %v and 7 refused, got %v and %d", want, volumes, c.Refused())
	}
}

func TestControlPointForgetsTheOldest(t *testing.T) {
	c := new(ControlPoint)
	for i := range maxCommands + 2 {
		c.record(fmt.Sprint(i))
	}
	if got := c.Commands(); len(got) != maxCommands || got[0] != "2" {
		t.Errorf("want %d commands from 2 on, got %d from %s on", maxCommands, len(got), got[0])
	}
}
