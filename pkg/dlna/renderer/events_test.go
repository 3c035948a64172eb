package renderer

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/dlna/renderer/poll"
	"github.com/breezeway-audio/breezeway/pkg/dlna/renderer/transport"

	"github.com/breezeway-audio/breezeway/pkg/dlna/upnp"
)

func TestEventsSaveRequests(t *testing.T) {
	perMinute := func(change func(*Options), evented bool) (n int) {
		withEvents(t, change, func(t *testing.T, h harness) {
			if evented {
				h.play(t)
			} else {
				mustPlay(t, h.r)
			}
			time.Sleep(time.Minute)
			before := h.device.asked()
			time.Sleep(10 * time.Minute)
			n = (h.device.asked() - before) / 10
			if got := h.r.Stats().Evented; got != evented {
				t.Errorf("evented: want %v, got %v", evented, got)
			}
		})
		return n
	}
	without := perMinute(func(o *Options) { o.Events = nil }, false)
	with := perMinute(nil, true)
	t.Logf("requests in a minute of playing: %d without events, %d with them", without, with)
	if with > 16 || without > 50 {
		t.Errorf("want at most 16 with events and 50 without, got %d and %d", with, without)
	}
	if got := perMinute(func(o *Options) { o.DistrustEvents = true }, false); got < without-1 || got > without+1 {
		t.Errorf("distrusted: want %d, got %d", without, got)
	}
}

func TestReportedByEvents(t *testing.T) {
	withEvents(t, nil, func(t *testing.T, h harness) {
		h.play(t)
		wantEvents(t, h.reported(), "Transport{State:transitioning}", "Transport{State:playing}")
		time.Sleep(10 * time.Second)
		wantEvents(t, h.reported(), "AudioStarted{After:0s Uncertainty:5ms}")
		h.setState("PAUSED_PLAYBACK")
		wantEvents(t, h.reported(), "Transport{State:paused}")
		h.setState("PLAYING")
		wantEvents(t, h.reported(), "Transport{State:playing}")
		h.device.with(func() { h.device.volume = "30" })
		h.events.send("RenderingControl", volumeEvent("30"))
		wantEvents(t, h.reported(), "Volume{Level:0.6}")
		h.setState("STOPPED")
		time.Sleep(transport.EndGrace)
		wantEvents(t, h.reported(), "Transport{State:stopped}")
	})
}

// Our own volume comes back as an event, and the next turn at the speaker is
// reported even if it is by one step.
func TestOwnVolumeIsNotReported(t *testing.T) {
	withEvents(t, nil, func(t *testing.T, h harness) {
		if err := h.r.SetVolume(t.Context(), 0.5); err != nil {
			t.Fatal(err)
		}
		h.events.send("RenderingControl", volumeEvent("22"))
		h.events.send("RenderingControl", volumeEvent("25"))
		time.Sleep(poll.ConfirmEvery)
		wantEvents(t, h.reported())
		h.events.send("RenderingControl", volumeEvent("26"))
		wantEvents(t, h.reported(), "Volume{Level:0.52}")
	})
}

// Another control point stops the device before it hands over its own URI.
func TestTakenOverByEvent(t *testing.T) {
	withEvents(t, nil, func(t *testing.T, h harness) {
		h.play(t)
		time.Sleep(20 * time.Second)
		h.reported()
		h.device.with(func() { h.device.state, h.device.trackURI = "STOPPED", "http://radio" })
		h.events.transport(`TransportState val="STOPPED"`)
		time.Sleep(300 * time.Millisecond)
		wantEvents(t, h.reported())
		h.events.transport(`AVTransportURI val="http://radio"`, `TransportState val="TRANSITIONING"`)
		wantEvents(t, h.reported(), "TakenOver{URI:http://radio}")
		h.device.with(func() { h.device.log = nil })
		if err := h.r.Stop(t.Context()); err != nil || h.device.calls() != "" {
			t.Errorf("the other's sound was stopped: %v, %s", err, h.device.calls())
		}
	})
}

// Events in which values have each other's names do not count as a takeover,
// however well the device answers when it is polled.
func TestMisplacedURIs(t *testing.T) {
	withEvents(t, nil, func(t *testing.T, h harness) {
		h.device.trackURI = "u"
		mustPlay(t, h.r)
		h.events.transport(`TransportState val="PLAYING"`)
		time.Sleep(5 * time.Second)
		if h.reported(); h.device.count("GetPositionInfo") == 0 {
			t.Fatal("want the device asked what it plays")
		}
		h.events.transport(`AVTransportURI val="0:00:00"`, `CurrentTrackURI val="metadata"`)
		wantEvents(t, h.reported())
	})
}

// A Stop of ours just after the device stopped by itself sends nothing: by
// then it may be another's.
func TestStopWhileEnding(t *testing.T) {
	withEvents(t, nil, func(t *testing.T, h harness) {
		h.play(t)
		h.setState("STOPPED")
		synctest.Wait()
		h.device.with(func() { h.device.log = nil })
		if err := h.r.Stop(t.Context()); err != nil || h.device.calls() != "" {
			t.Errorf("want nothing sent, got %v, %s", err, h.device.calls())
		}
	})
}

// A short STOPPED between two buffers is no end.
func TestShortStopIsNoEnd(t *testing.T) {
	withEvents(t, nil, func(t *testing.T, h harness) {
		h.play(t)
		time.Sleep(20 * time.Second)
		h.reported()
		h.setState("STOPPED")
		time.Sleep(transport.EndGrace / 2)
		h.setState("TRANSITIONING")
		h.setState("PLAYING")
		time.Sleep(time.Minute)
		wantEvents(t, h.reported(), "Transport{State:transitioning}", "Transport{State:playing}")
	})
}

func TestNoEvents(t *testing.T) {
	cases := map[string]func(f *fakeEvents){
		"subscription refused": func(f *fakeEvents) { f.refuse = errors.New("no event URL") },
		"callback unreachable": func(f *fakeEvents) { f.held = nil },
	}
	for name, prepare := range cases {
		t.Run(name, func(t *testing.T) {
			var events fakeEvents
			prepare(&events)
			synctest.Test(t, func(t *testing.T) {
				f := newFakeDevice()
				r, err := New(f.description(), Options{Client: f, Events: &events, Callback: "http://192.0.2.7:1"})
				if err != nil {
					t.Fatal(err)
				}
				ctx, cancel := context.WithCancel(t.Context())
				done := make(chan error, 1)
				go func() { done <- r.Run(ctx) }()
				mustPlay(t, r)
				time.Sleep(poll.StartTime + time.Second)
				before := f.count("GetTransportInfo")
				time.Sleep(time.Minute)
				if got := f.count("GetTransportInfo") - before; got != 15 {
					t.Errorf("want 15 polls a minute, got %d", got)
				}
				cancel()
				if err := <-done; err != nil {
					t.Error(err)
				}
			})
		})
	}
}

// Without a subscription the device is polled again, until there is one.
func TestSubscriptionLostAndBack(t *testing.T) {
	withEvents(t, nil, func(t *testing.T, h harness) {
		h.play(t)
		time.Sleep(time.Minute)
		h.reported()
		h.events.send("AVTransport", upnp.Event{Lost: errDown})
		h.device.with(func() { h.device.state = "PAUSED_PLAYBACK" })
		time.Sleep(poll.PlayEvery)
		wantEvents(t, h.reported(), "Transport{State:paused}")
		h.events.transport(`TransportState val="PAUSED_PLAYBACK"`)
		before := h.device.count("GetTransportInfo")
		time.Sleep(time.Minute)
		if got := h.device.count("GetTransportInfo") - before; got > 2 {
			t.Errorf("want 2 polls a minute, got %d", got)
		}
	})
}

// A device that changes without an event is subscribed anew, and polled for good the
// third time.
func TestUnreliableEvents(t *testing.T) {
	withEvents(t, nil, func(t *testing.T, h harness) {
		h.play(t)
		time.Sleep(time.Minute)
		h.reported()
		first := h.events.subscriptions()
		for i, state := range []string{"PAUSED_PLAYBACK", "PLAYING", "PAUSED_PLAYBACK"} {
			h.device.with(func() { h.device.state = state })
			time.Sleep(poll.EventedEvery + 2*poll.DoubtEvery)
			if got := h.reported(); len(got) != 1 {
				t.Errorf("change %d: want one event, got %q", i, got)
			}
			h.events.transport(`TransportState val="` + state + `"`) // the first event of the new subscription
		}
		if got := h.events.subscriptions() - first; got != 4 {
			t.Errorf("want both services subscribed anew twice, got %d subscriptions", got)
		}
		if h.r.Stats().Evented {
			t.Error("its events still count as reliable")
		}
		h.device.with(func() { h.device.state = "PLAYING" })
		time.Sleep(poll.PlayEvery)
		wantEvents(t, h.reported(), "Transport{State:playing}")
	})
}

// A device that restarts has forgotten the subscription and the stream.
func TestRebootWhilePlaying(t *testing.T) {
	withEvents(t, nil, func(t *testing.T, h harness) {
		h.play(t)
		time.Sleep(time.Minute)
		h.reported()
		first := h.events.subscriptions()
		h.device.with(func() { h.device.down = errDown })
		time.Sleep(30 * time.Second)
		h.device.with(func() { h.device.down, h.device.state = nil, "NO_MEDIA_PRESENT" })
		time.Sleep(poll.UnreachableEvery + time.Second)
		wantEvents(t, h.reported(), "Lost{Reason:renderer: upnp: GetTransportInfo: "+errDown.Error()+"}", "Back{}", "Transport{State:no media}")
		if got := h.events.subscriptions() - first; got != 2 {
			t.Errorf("want both services subscribed anew, got %d subscriptions", got)
		}
	})
}
