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

// send hands an event to who subscribed to the service; nothing if nobody did.
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

// A scene is a device that sends events, watched by a Renderer in a bubble.
type scene struct {
	device *fakeDevice
	feed   *fakeEvents
	r      *Renderer
	told   func() []string // events since the last call, positions apart
}

func watchingEvents(t *testing.T, change func(*Options), test func(t *testing.T, s scene)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := scene{device: newFakeDevice(), feed: &fakeEvents{}}
		s.device.counting = true
		eventC := make(chan Event, 1000)
		opts := Options{Client: s.device, OnEvent: func(e Event) { eventC <- e }, Events: s.feed, Callback: "http://192.0.2.7:1"}
		if change != nil {
			change(&opts)
		}
		var err error
		if s.r, err = New(s.device.description(), opts); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- s.r.Run(ctx) }()
		s.told = func() []string {
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
		s.feed.transport(`TransportState val="NO_MEDIA_PRESENT"`)
		s.feed.send("RenderingControl", volumeEvent("20"))
		wantEvents(t, s.told(), "Volume{Level:0.4}", "Mute{On:false}")
		test(t, s)
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run: %v", err)
		}
	})
}

// play starts the song, and the device tells.
func (s scene) play(t *testing.T) {
	t.Helper()
	mustPlay(t, s.r)
	s.feed.transport(`AVTransportURI val="u"`, `CurrentTrackURI val="u"`, `TransportState val="TRANSITIONING"`)
	s.feed.transport(`TransportState val="PLAYING"`)
}

// becomes changes the state and tells.
func (s scene) becomes(state string) {
	s.device.with(func() { s.device.state = state })
	s.feed.transport(`TransportState val="` + state + `"`)
}
