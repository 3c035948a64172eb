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

func TestEventsSpareRequests(t *testing.T) {
	perMinute := func(change func(*Options), tells bool) (n int) {
		watchingEvents(t, change, func(t *testing.T, s scene) {
			if tells {
				s.play(t)
			} else {
				mustPlay(t, s.r)
			}
			time.Sleep(time.Minute)
			before := s.device.asked()
			time.Sleep(10 * time.Minute)
			n = (s.device.asked() - before) / 10
			if got := s.r.Stats().Evented; got != tells {
				t.Errorf("told: want %v, got %v", tells, got)
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

func TestToldByEvents(t *testing.T) {
	watchingEvents(t, nil, func(t *testing.T, s scene) {
		s.play(t)
		wantEvents(t, s.told(), "Transport{State:transitioning}", "Transport{State:playing}")
		time.Sleep(10 * time.Second)
		wantEvents(t, s.told(), "AudioStarted{After:0s}")
		s.becomes("PAUSED_PLAYBACK")
		wantEvents(t, s.told(), "Transport{State:paused}")
		s.becomes("PLAYING")
		wantEvents(t, s.told(), "Transport{State:playing}")
		s.device.with(func() { s.device.volume = "30" })
		s.feed.send("RenderingControl", volumeEvent("30"))
		wantEvents(t, s.told(), "Volume{Level:0.6}")
		s.becomes("STOPPED")
		time.Sleep(transport.EndGrace)
		wantEvents(t, s.told(), "Transport{State:stopped}")
	})
}

// Our own volume comes back as an event, and the next turn at the speaker is
// told even if it is by one step.
func TestOwnVolumeIsNoNews(t *testing.T) {
	watchingEvents(t, nil, func(t *testing.T, s scene) {
		if err := s.r.SetVolume(t.Context(), 0.5); err != nil {
			t.Fatal(err)
		}
		s.feed.send("RenderingControl", volumeEvent("22"))
		s.feed.send("RenderingControl", volumeEvent("25"))
		time.Sleep(poll.ConfirmEvery)
		wantEvents(t, s.told())
		s.feed.send("RenderingControl", volumeEvent("26"))
		wantEvents(t, s.told(), "Volume{Level:0.52}")
	})
}

// Another control point stops the device before it hands over its own URI.
func TestTakenOverByEvent(t *testing.T) {
	watchingEvents(t, nil, func(t *testing.T, s scene) {
		s.play(t)
		time.Sleep(20 * time.Second)
		s.told()
		s.device.with(func() { s.device.state, s.device.trackURI = "STOPPED", "http://radio" })
		s.feed.transport(`TransportState val="STOPPED"`)
		time.Sleep(300 * time.Millisecond)
		wantEvents(t, s.told())
		s.feed.transport(`AVTransportURI val="http://radio"`, `TransportState val="TRANSITIONING"`)
		wantEvents(t, s.told(), "TakenOver{URI:http://radio}")
		s.device.with(func() { s.device.log = nil })
		if err := s.r.Stop(t.Context()); err != nil || s.device.calls() != "" {
			t.Errorf("the other's sound was stopped: %v, %s", err, s.device.calls())
		}
	})
}

// Events in which values stand under each other's names tell of nobody who took
// the device over, however well it answers when it is asked.
func TestMisplacedURIs(t *testing.T) {
	watchingEvents(t, nil, func(t *testing.T, s scene) {
		s.device.trackURI = "u"
		mustPlay(t, s.r)
		s.feed.transport(`TransportState val="PLAYING"`)
		time.Sleep(5 * time.Second)
		if s.told(); s.device.count("GetPositionInfo") == 0 {
			t.Fatal("want the device asked what it plays")
		}
		s.feed.transport(`AVTransportURI val="0:00:00"`, `CurrentTrackURI val="metadata"`)
		wantEvents(t, s.told())
	})
}

// A Stop of ours just after the device stopped by itself sends nothing: by
// then it may be another's.
func TestStopWhileEnding(t *testing.T) {
	watchingEvents(t, nil, func(t *testing.T, s scene) {
		s.play(t)
		s.becomes("STOPPED")
		synctest.Wait()
		s.device.with(func() { s.device.log = nil })
		if err := s.r.Stop(t.Context()); err != nil || s.device.calls() != "" {
			t.Errorf("want nothing sent, got %v, %s", err, s.device.calls())
		}
	})
}

// A short STOPPED between two buffers is no end.
func TestStopThatIsNone(t *testing.T) {
	watchingEvents(t, nil, func(t *testing.T, s scene) {
		s.play(t)
		time.Sleep(20 * time.Second)
		s.told()
		s.becomes("STOPPED")
		time.Sleep(transport.EndGrace / 2)
		s.becomes("TRANSITIONING")
		s.becomes("PLAYING")
		time.Sleep(time.Minute)
		wantEvents(t, s.told(), "Transport{State:transitioning}", "Transport{State:playing}")
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
					t.Errorf("want 15 looks a minute, got %d", got)
				}
				cancel()
				if err := <-done; err != nil {
					t.Error(err)
				}
			})
		})
	}
}

// Without a subscription the device is asked again, until there is one.
func TestSubscriptionLostAndBack(t *testing.T) {
	watchingEvents(t, nil, func(t *testing.T, s scene) {
		s.play(t)
		time.Sleep(time.Minute)
		s.told()
		s.feed.send("AVTransport", upnp.Event{Lost: errDown})
		s.device.with(func() { s.device.state = "PAUSED_PLAYBACK" })
		time.Sleep(poll.PlayEvery)
		wantEvents(t, s.told(), "Transport{State:paused}")
		s.feed.transport(`TransportState val="PAUSED_PLAYBACK"`)
		before := s.device.count("GetTransportInfo")
		time.Sleep(time.Minute)
		if got := s.device.count("GetTransportInfo") - before; got > 2 {
			t.Errorf("want 2 looks a minute, got %d", got)
		}
	})
}

// Events that say nothing of a change are found out, and given up the third
// time.
func TestEventsThatLie(t *testing.T) {
	watchingEvents(t, nil, func(t *testing.T, s scene) {
		s.play(t)
		time.Sleep(time.Minute)
		s.told()
		first := s.feed.subscriptions()
		for i, state := range []string{"PAUSED_PLAYBACK", "PLAYING", "PAUSED_PLAYBACK"} {
			s.device.with(func() { s.device.state = state })
			time.Sleep(poll.EventedEvery + 2*poll.DoubtEvery)
			if got := s.told(); len(got) != 1 {
				t.Errorf("change %d: want one event, got %q", i, got)
			}
			s.feed.transport(`TransportState val="` + state + `"`) // the first event of the new subscription
		}
		if got := s.feed.subscriptions() - first; got != 4 {
			t.Errorf("want both services subscribed anew twice, got %d subscriptions", got)
		}
		if s.r.Stats().Evented {
			t.Error("its events are still believed")
		}
		s.device.with(func() { s.device.state = "PLAYING" })
		time.Sleep(poll.PlayEvery)
		wantEvents(t, s.told(), "Transport{State:playing}")
	})
}

// A device that restarts has forgotten the subscription and the stream.
func TestRebootWhilePlaying(t *testing.T) {
	watchingEvents(t, nil, func(t *testing.T, s scene) {
		s.play(t)
		time.Sleep(time.Minute)
		s.told()
		first := s.feed.subscriptions()
		s.device.with(func() { s.device.down = errDown })
		time.Sleep(30 * time.Second)
		s.device.with(func() { s.device.down, s.device.state = nil, "NO_MEDIA_PRESENT" })
		time.Sleep(poll.UnreachableEvery + time.Second)
		wantEvents(t, s.told(), "Lost{Reason:renderer: upnp: GetTransportInfo: "+errDown.Error()+"}", "Back{}", "Transport{State:no media}")
		if got := s.feed.subscriptions() - first; got != 2 {
			t.Errorf("want both services subscribed anew, got %d subscriptions", got)
		}
	})
}
