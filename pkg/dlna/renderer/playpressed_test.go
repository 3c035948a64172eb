package renderer

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/dlna/renderer/poll"
	"github.com/breezeway-audio/breezeway/pkg/dlna/renderer/transport"
)

// playAndStop plays the song for a while and stops it, which the device reports.
func (h harness) playAndStop(t *testing.T) {
	t.Helper()
	h.play(t)
	time.Sleep(time.Minute)
	if err := h.r.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	h.setState("STOPPED")
	h.reported()
}

// A press at a device that sends events.
func TestPlayPressedByEvents(t *testing.T) {
	const loads = `AVTransportURI val="http://radio"`
	for _, c := range []struct {
		name string
		do   func(t *testing.T, h harness)
		want []string
	}{
		{"reported with the URI", func(_ *testing.T, h harness) {
			time.Sleep(5 * time.Second)
			h.device.with(func() { h.device.faults["GetMediaInfo"] = []int{401} }) // nobody needs to ask
			h.events.transport(`AVTransportURI val="u"`, `TransportState val="TRANSITIONING"`)
		}, []string{"PlayPressed{}"}},
		{"reported without the URI", func(_ *testing.T, h harness) {
			time.Sleep(5 * time.Second)
			h.setState("PLAYING")
		}, []string{"PlayPressed{}"}},
		{"GetMediaInfo is refused", func(_ *testing.T, h harness) {
			h.device.with(func() { h.device.faults["GetMediaInfo"] = []int{401} })
			time.Sleep(5 * time.Second)
			h.setState("PLAYING")
		}, []string{"PlayPressed{}"}},
		{"once for a press", func(_ *testing.T, h harness) {
			time.Sleep(5 * time.Second)
			h.setState("TRANSITIONING")
			h.setState("PLAYING")
			time.Sleep(time.Hour)
			h.setState("PLAYING")
		}, []string{"PlayPressed{}"}},
		{"twice for two", func(_ *testing.T, h harness) {
			time.Sleep(5 * time.Second)
			h.setState("PLAYING")
			h.setState("STOPPED")
			time.Sleep(transport.RetryRest)
			h.setState("PLAYING")
		}, []string{"PlayPressed{}", "PlayPressed{}"}},
		{"it tries again by itself", func(_ *testing.T, h harness) {
			time.Sleep(5 * time.Second)
			for range 5 {
				h.setState("TRANSITIONING")
				h.setState("STOPPED")
				time.Sleep(6 * time.Second)
			}
		}, []string{"PlayPressed{}"}},
		{"just after our Stop", func(_ *testing.T, h harness) {
			time.Sleep(transport.StopRest - 2*eventPause)
			h.setState("PLAYING")
			time.Sleep(time.Hour)
		}, nil},
		{"late, and again later", func(_ *testing.T, h harness) {
			for range 5 {
				time.Sleep(transport.StopRest / 2)
				h.setState("TRANSITIONING")
				h.setState("STOPPED")
				time.Sleep(2 * transport.StopRest)
			}
		}, nil},
		{"another's is loaded", func(_ *testing.T, h harness) {
			time.Sleep(5 * time.Second)
			h.events.transport(loads, `TransportState val="PLAYING"`)
		}, nil},
		{"another's is loaded, and only reported when it is asked", func(_ *testing.T, h harness) {
			time.Sleep(5 * time.Second)
			h.device.with(func() { h.device.uri, h.device.trackURI = "http://radio", "u" })
			h.setState("PLAYING")
		}, nil},
		{"it does not report what it plays", func(_ *testing.T, h harness) {
			time.Sleep(5 * time.Second)
			h.device.with(func() { h.device.uri = "" })
			h.setState("PLAYING")
		}, nil},
		{"it does not answer what it plays", func(_ *testing.T, h harness) {
			time.Sleep(5 * time.Second)
			h.device.with(func() { h.device.delay = time.Hour })
			h.setState("PLAYING")
			time.Sleep(5 * time.Second)
			h.device.with(func() { h.device.delay = 0 })
		}, nil},
		{"its event comes before it answers again", func(_ *testing.T, h harness) {
			h.device.with(func() { h.device.down = errDown })
			time.Sleep(poll.EventedEvery + time.Second) // one poll without an answer
			h.events.transport(`AVTransportURI val="u"`, `TransportState val="PLAYING"`)
			h.device.with(func() { h.device.down, h.device.state = nil, "PLAYING" })
			time.Sleep(time.Minute)
		}, nil},
		{"we play", func(t *testing.T, h harness) {
			time.Sleep(5 * time.Second)
			mustPlay(t, h.r)
			h.setState("PLAYING")
		}, []string{"Transport{State:playing}"}},
		{"we play while it is asked", func(t *testing.T, h harness) {
			time.Sleep(5 * time.Second)
			h.device.with(func() { h.device.delay = time.Second })
			h.setState("TRANSITIONING")
			mustPlay(t, h.r)
		}, nil},
		{"paused in place of stopped", func(_ *testing.T, h harness) {
			h.setState("PAUSED_PLAYBACK")
			time.Sleep(5 * time.Second)
			h.setState("PLAYING")
		}, []string{"PlayPressed{}"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			withEvents(t, nil, func(t *testing.T, h harness) {
				h.playAndStop(t)
				c.do(t, h)
				wantEvents(t, h.reported(), c.want...)
			})
		})
	}
}

// Somebody who stops the stream at the speaker may press play there later.
func TestPlayPressedAfterAStopAtTheSpeaker(t *testing.T) {
	for _, c := range []struct {
		name  string
		after time.Duration
		want  []string
	}{
		{"later", transport.RetryRest + transport.EndGrace, []string{"Transport{State:stopped}", "PlayPressed{}"}},
		{"at once: it tries to get its stream back", 5 * time.Second, []string{"Transport{State:stopped}"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			withEvents(t, nil, func(t *testing.T, h harness) {
				h.play(t)
				time.Sleep(time.Minute)
				h.reported()
				h.setState("STOPPED")
				time.Sleep(c.after)
				h.setState("PLAYING")
				wantEvents(t, h.reported(), c.want...)
			})
		})
	}
}

// After a start that failed, the device's own next try does not count as a press.
func TestNoPressAfterAFailedStart(t *testing.T) {
	withEvents(t, nil, func(t *testing.T, h harness) {
		h.device.with(func() { h.device.counting = false })
		mustPlayAs(t, h.device, h.r, "STOPPED")
		time.Sleep(transport.StartGrace)
		h.setState("STOPPED")
		time.Sleep(transport.EndGrace + transport.RetryRest/2)
		wantEvents(t, h.reported(), "Transport{State:stopped}")
		h.setState("TRANSITIONING")
		wantEvents(t, h.reported())
	})
}

// What a device plays that never got a stream of ours is ignored.
func TestNoPressWithoutAStream(t *testing.T) {
	withEvents(t, nil, func(t *testing.T, h harness) {
		h.setState("STOPPED")
		time.Sleep(time.Minute)
		h.setState("PLAYING")
		time.Sleep(time.Hour)
		wantEvents(t, h.reported())
		if got := h.device.count("GetMediaInfo"); got != 0 {
			t.Errorf("want it not asked what it plays, got %d questions", got)
		}
	})
}

// missAPoll has the device leave one poll without an answer.
func missAPoll(f *fakeDevice, r *Renderer) {
	f.with(func() { f.down = errDown })
	for failures := 0; failures == 0; failures, _ = r.conn.Failing() {
		time.Sleep(100 * time.Millisecond)
	}
	f.with(func() { f.down = nil })
}

// A press at a device that sends no events.
func TestPlayPressedByPolling(t *testing.T) {
	for _, c := range []struct {
		name string
		do   func(t *testing.T, f *fakeDevice, r *Renderer)
		want []string
	}{
		{"found in time", func(_ *testing.T, f *fakeDevice, _ *Renderer) {
			time.Sleep(5 * time.Second)
			f.with(func() { f.state = "PLAYING" })
			time.Sleep(poll.IdleEvery)
		}, []string{"PlayPressed{}"}},
		{"poll requested", func(_ *testing.T, f *fakeDevice, r *Renderer) {
			time.Sleep(5 * time.Second)
			f.with(func() { f.state = "TRANSITIONING" })
			r.RequestPoll()
		}, []string{"PlayPressed{}"}},
		{"poll requested before it shows", func(_ *testing.T, f *fakeDevice, r *Renderer) {
			time.Sleep(5 * time.Second)
			r.RequestPoll()
			time.Sleep(100 * time.Millisecond)
			f.with(func() { f.state = "TRANSITIONING" })
			time.Sleep(poll.RequestedEvery)
		}, []string{"PlayPressed{}"}},
		{"poll requested by a device that plays nothing", func(_ *testing.T, _ *fakeDevice, r *Renderer) {
			for range 100 {
				time.Sleep(5 * time.Second)
				r.RequestPoll()
			}
		}, nil},
		{"slow to stop", func(_ *testing.T, f *fakeDevice, _ *Renderer) {
			f.with(func() { f.state = "PLAYING" })
			time.Sleep(4 * time.Second)
			f.with(func() { f.state = "STOPPED" })
			time.Sleep(time.Minute)
		}, nil},
		{"does not stop", func(_ *testing.T, f *fakeDevice, r *Renderer) {
			f.with(func() { f.state = "PLAYING" })
			time.Sleep(time.Hour)
			r.RequestPoll()
		}, nil},
		{"it stops by itself and soon goes on", func(t *testing.T, f *fakeDevice, r *Renderer) {
			mustPlay(t, r)
			time.Sleep(time.Minute)
			f.with(func() { f.state = "STOPPED" })
			time.Sleep(transport.RetryRest / 2)
			f.with(func() { f.state = "TRANSITIONING" })
			time.Sleep(time.Hour)
		}, []string{"Transport{State:playing}", "Transport{State:stopped}"}},
		{"it resumes when it is switched on", func(_ *testing.T, f *fakeDevice, _ *Renderer) {
			time.Sleep(time.Minute)
			f.with(func() { f.down = errDown })
			time.Sleep(time.Hour)
			f.with(func() { f.down, f.state = nil, "PLAYING" })
			time.Sleep(time.Hour)
		}, []string{"Lost{Reason:renderer: upnp: GetTransportInfo: dial: unexpected EOF}", "Back{}"}},
		{"it resumes some time after it is switched on", func(_ *testing.T, f *fakeDevice, r *Renderer) {
			time.Sleep(time.Minute)
			f.with(func() { f.down = errDown })
			time.Sleep(time.Hour)
			f.with(func() { f.down = nil })
			for failures := lostAfter; failures > 0; failures, _ = r.conn.Failing() {
				time.Sleep(100 * time.Millisecond)
			}
			time.Sleep(transport.RetryRest / 2)
			f.with(func() { f.state = "PLAYING" })
			time.Sleep(time.Hour)
		}, []string{"Lost{Reason:renderer: upnp: GetTransportInfo: dial: unexpected EOF}", "Back{}"}},
		{"it resumes after one poll without an answer", func(_ *testing.T, f *fakeDevice, r *Renderer) {
			time.Sleep(time.Minute)
			missAPoll(f, r)
			f.with(func() { f.state = "PLAYING" })
			time.Sleep(time.Hour)
		}, nil},
		{"it is back, and pressed later", func(_ *testing.T, f *fakeDevice, r *Renderer) {
			time.Sleep(time.Minute)
			missAPoll(f, r)
			time.Sleep(poll.IdleEvery)
			f.with(func() { f.state = "PLAYING" })
			r.RequestPoll()
		}, []string{"PlayPressed{}"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			withoutEvents(t, func(t *testing.T, f *fakeDevice, r *Renderer, events func() []string) {
				mustPlay(t, r)
				time.Sleep(time.Minute)
				events()
				if err := r.Stop(t.Context()); err != nil {
					t.Fatal(err)
				}
				c.do(t, f, r)
				wantEvents(t, events(), c.want...)
			})
		})
	}
}

// However often RequestPoll is called, the device is not flooded, and later polled
// rarely again.
func TestRequestPollIsBounded(t *testing.T) {
	withoutEvents(t, func(t *testing.T, f *fakeDevice, r *Renderer, _ func() []string) {
		asked := func(do func()) int {
			before := f.count("GetTransportInfo")
			do()
			synctest.Wait()
			return f.count("GetTransportInfo") - before
		}
		time.Sleep(time.Second)
		if got := asked(r.RequestPoll); got != 1 {
			t.Errorf("want it polled now, got %d questions", got)
		}
		calls := func() {
			for range 1000 {
				time.Sleep(10 * time.Millisecond)
				r.RequestPoll()
			}
		}
		if got := asked(calls); got > 25 {
			t.Errorf("want 2 questions a second at most, got %d in 10 s", got)
		}
		time.Sleep(2 * poll.RequestTime)
		if got := asked(func() { time.Sleep(10 * time.Minute) }); got != 20 {
			t.Errorf("want 20 questions in 10 min, as at rest, got %d", got)
		}
	})
}

// A device that stops at once is polled once, or never if it sends an event.
func TestLooksAfterAStop(t *testing.T) {
	for name, evented := range map[string]bool{"events": true, "polling": false} {
		t.Run(name, func(t *testing.T) {
			withEvents(t, func(o *Options) { o.DistrustEvents = !evented }, func(t *testing.T, h harness) {
				h.play(t)
				time.Sleep(50 * time.Second)
				h.reported()
				before, want := h.device.count("GetTransportInfo"), 1
				if err := h.r.Stop(t.Context()); err != nil {
					t.Fatal(err)
				}
				synctest.Wait()
				if evented {
					h.setState("STOPPED")
					want = 0
				}
				time.Sleep(5 * time.Second)
				if got := h.device.count("GetTransportInfo") - before; got != want {
					t.Errorf("want %d polls, got %d", want, got)
				}
			})
		})
	}
}

// A device that plays our ended stream after a press of play is sent a Stop.
func TestStopAfterAPress(t *testing.T) {
	withEvents(t, nil, func(t *testing.T, h harness) {
		h.playAndStop(t)
		h.device.with(func() { h.device.log = nil })
		if err := h.r.Stop(t.Context()); err != nil || h.device.calls() != "" {
			t.Errorf("at rest: want nothing sent, got %v, %s", err, h.device.calls())
		}
		time.Sleep(5 * time.Second)
		h.setState("PLAYING")
		wantEvents(t, h.reported(), "PlayPressed{}")
		if err := h.r.Stop(t.Context()); err != nil || h.device.calls() != "Stop" {
			t.Errorf("want Stop, got %v, %s", err, h.device.calls())
		}
	})
}
