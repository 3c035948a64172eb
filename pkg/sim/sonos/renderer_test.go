package sonos_test

import (
	"context"
	"testing"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/audio"
	"github.com/breezeway-audio/breezeway/pkg/dlna/renderer"
	"github.com/breezeway-audio/breezeway/pkg/dlna/upnp"
	"github.com/breezeway-audio/breezeway/pkg/sim/sonos"
	"github.com/breezeway-audio/breezeway/pkg/sim/speaker"
)

// The product's own control point takes a coordinator for the MediaRenderer
// that it is.
func TestRendererPlaysOnACoordinator(t *testing.T) {
	h := start(t, sonos.Options{Players: rooms("A", "B"), KeepFrames: keepFrames})
	a, b := h.Player("A"), h.Player("B")
	must(t, h.Group(t.Context(), a, b))
	client := upnp.NewClient(upnp.Options{})
	root, err := client.Describe(t.Context(), a.Location(), loopbackAddr)
	must(t, err)
	events := make(chan renderer.Event, 64)
	r, err := renderer.New(root.Find("urn:schemas-upnp-org:device:MediaRenderer:")[0], renderer.Options{
		Client: client, OnEvent: func(e renderer.Event) { events <- e },
	})
	must(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error)
	go func() { ended <- r.Run(ctx) }()
	defer func() {
		cancel()
		must(t, <-ended)
	}()

	media := renderer.Media{URL: radio(t), Codec: audio.WAV, Format: audio.CD, ProtocolInfo: renderer.ProtocolInfo{
		Protocol: "http-get", Network: "*", MIME: "audio/wav", Features: "*"}}
	must(t, r.Play(t.Context(), media))
	timeout := time.After(waitTimeout)
	for sounding := false; !sounding; {
		select {
		case e := <-events:
			_, sounding = e.(renderer.AudioStarted)
		case <-timeout:
			t.Fatal("the renderer does not tell that it sounds")
		}
	}
	waitMoreSound(t, b)
	must(t, r.SetVolume(t.Context(), 0.3))
	if got, _ := a.Volume(); got != 30 {
		t.Errorf("want A at 30, got %d", got)
	}
	must(t, r.Stop(t.Context()))
	if a.State() != speaker.Stopped {
		t.Errorf("want A stopped, got %v", a.State())
	}
}
