package renderer

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/breezeway-audio/breezeway/pkg/dlna/upnp"
)

// fakeEvents are the subscriptions to a fake device: the test sends for it.
type fakeEvents struct {
	refuse error // what Run returns

	mu    sync.Mutex // guards all below
	taken int        // subscriptions so far
	held  map[string]upnp.Subscription
}

func (e *fakeEvents) Run(ctx context.Context, sub upnp.Subscription) error {
	if e.refuse != nil {
		return e.refuse
	}
	name := strings.Split(sub.Service.Type, ":")[3]
	e.mu.Lock()
	e.taken++
	if e.held == nil {
		e.held = map[string]upnp.Subscription{}
	}
	e.held[name] = sub
	e.mu.Unlock()
	<-ctx.Done()
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.held, name)
	return nil
}

func (e *fakeEvents) subscriptions() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.taken
}

// send hands an event to the subscriber of the service, if there is one.
func (e *fakeEvents) send(service string, event upnp.Event) {
	e.mu.Lock()
	sub, ok := e.held[service]
	e.mu.Unlock()
	if ok {
		sub.OnEvent(event)
	}
}

// transport sends a LastChange of AVTransport, as `TransportState val="x"`.
func (e *fakeEvents) transport(changes ...string) {
	e.send("AVTransport", lastChange(changes...))
}

func lastChange(changes ...string) upnp.Event {
	var b strings.Builder
	for _, c := range changes {
		b.WriteString("<" + c + "/>")
	}
	return upnp.Event{Properties: map[string]string{
		"LastChange": `<Event xmlns="urn:schemas-upnp-org:metadata-1-0/AVT/"><InstanceID val="0">` + b.String() + `</InstanceID></Event>`}}
}

func volumeEvent(volume string) upnp.Event {
	return lastChange(`Volume channel="LF" val="99"`, `Volume channel="Master" val="`+volume+`"`, `Mute Channel="Master" val="0"`)
}

// A harness is a device that sends events, watched by a Renderer in a synctest bubble.
type harness struct {
	device   *fakeDevice
	events   *fakeEvents
	r        *Renderer
	reported func() []string // since the last call, without positions
}

func withEvents(t *testing.T, change func(*Options), test func(t *testing.T, h harness)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		h := harness{device: newFakeDevice(), events: &fakeEvents{}}
		h.device.counting = true
		eventC := make(chan Event, 1000)
		opts := Options{Client: h.device, OnEvent: func(e Event) { eventC <- e }, Events: h.events, Callback: "http://192.0.2.7:1"}
		if change != nil {
			change(&opts)
		}
		var err error
		if h.r, err = New(h.device.description(), opts); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- h.r.Run(ctx) }()
		h.reported = func() []string {
			synctest.Wait()
			var all []string
			for len(eventC) > 0 {
				if e := <-eventC; fmt.Sprintf("%T", e) != "renderer.Position" {
					all = append(all, fmt.Sprintf("%T%+v", e, e)[len("renderer."):])
				}
			}
			return all
		}
		synctest.Wait()
		h.events.transport(`TransportState val="NO_MEDIA_PRESENT"`)
		h.events.send("RenderingControl", volumeEvent("20"))
		wantEvents(t, h.reported(), "Volume{Level:0.4}", "Mute{On:false}")
		test(t, h)
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run: %v", err)
		}
	})
}

// play starts the song, and the device sends its events.
func (h harness) play(t *testing.T) {
	t.Helper()
	mustPlay(t, h.r)
	h.events.transport(`AVTransportURI val="u"`, `CurrentTrackURI val="u"`, `TransportState val="TRANSITIONING"`)
	h.events.transport(`TransportState val="PLAYING"`)
}

// setState changes the state and sends its event.
func (h harness) setState(state string) {
	h.device.with(func() { h.device.state = state })
	h.events.transport(`TransportState val="` + state + `"`)
}
