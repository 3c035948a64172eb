package renderer

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/dlna/renderer/poll"
	"github.com/breezeway-audio/breezeway/pkg/dlna/renderer/transport"
)

// ended plays the song for a while and stops it, which the device tells.
func (s scene) ended(t *testing.T) {
	t.Helper()
	s.play(t)
	time.Sleep(time.Minute)
	if err := s.r.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.becomes("STOPPED")
	s.told()
}

// A press at a device that tells what it does.
func TestPressedByEvents(t *testing.T) {
	const loads = `AVTransportURI val="http://radio"`
	for _, c := range []struct {
		name string
		do   func(t *testing.T, s scene)
		want []string
	}{
		{"told with the URI", func(_ *testing.T, s scene) {
			time.Sleep(5 * time.Second)
			s.device.with(func() { s.device.faults["GetMediaInfo"] = []int{401} }) // nobody needs to ask
			s.feed.transport(`AVTransportURI val="u"`, `TransportState val="TRANSITIONING"`)
		}, []string{"PlayPressed{}"}},
		{"told without the URI", func(_ *testing.T, s scene) {
			time.Sleep(5 * time.Second)
			s.becomes("PLAYING")
		}, []string{"PlayPressed{}"}},
		{"GetMediaInfo is refused", func(_ *testing.T, s scene) {
			s.device.with(func() { s.device.faults["GetMediaInfo"] = []int{401} })
			time.Sleep(5 * time.Second)
			s.becomes("PLAYING")
		}, []string{"PlayPressed{}"}},
		{"once for a press", func(_ *testing.T, s scene) {
			time.Sleep(5 * time.Second)
			s.becomes("TRANSITIONING")
			s.becomes("PLAYING")
			time.Sleep(time.Hour)
			s.becomes("PLAYING")
		}, []string{"PlayPressed{}"}},
		{"twice for two", func(_ *testing.T, s scene) {
			time.Sleep(5 * time.Second)
			s.becomes("PLAYING")
			s.becomes("STOPPED")
			time.Sleep(transport.RetryRest)
			s.becomes("PLAYING")
		}, []string{"PlayPressed{}", "PlayPressed{}"}},
		{"it tries again by itself", func(_ *testing.T, s scene) {
			time.Sleep(5 * time.Second)
			for range 5 {
				s.becomes("TRANSITIONING")
				s.becomes("STOPPED")
				time.Sleep(6 * time.Second)
			}
		}, []string{"PlayPressed{}"}},
		{"just after our Stop", func(_ *testing.T, s scene) {
			time.Sleep(transport.StopRest - 2*eventPause)
			s.becomes("PLAYING")
			time.Sleep(time.Hour)
		}, nil},
		{"late, and again later", func(_ *testing.T, s scene) {
			for range 5 {
				time.Sleep(transport.StopRest / 2)
				s.becomes("TRANSITIONING")
				s.becomes("STOPPED")
				time.Sleep(2 * transport.StopRest)
			}
		}, nil},
		{"another's is loaded", func(_ *testing.T, s scene) {
			time.Sleep(5 * time.Second)
			s.feed.transport(loads, `TransportState val="PLAYING"`)
		}, nil},
		{"another's is loaded, and only told when it is asked", func(_ *testing.T, s scene) {
			time.Sleep(5 * time.Second)
			s.device.with(func() { s.device.uri, s.device.trackURI = "http://radio", "u" })
			s.becomes("PLAYING")
		}, nil},
		{"nobody says what it plays", func(_ *testing.T, s scene) {
			time.Sleep(5 * time.Second)
			s.device.with(func() { s.device.uri = "" })
			s.becomes("PLAYING")
		}, nil},
		{"it does not answer what it plays", func(_ *testing.T, s scene) {
			time.Sleep(5 * time.Second)
			s.device.with(func() { s.device.delay = time.Hour })
			s.becomes("PLAYING")
			time.Sleep(5 * time.Second)
			s.device.with(func() { s.device.delay = 0 })
		}, nil},
		{"it tells before it answers again", func(_ *testing.T, s scene) {
			s.device.with(func() { s.device.down = errDown })
			time.Sleep(poll.EventedEvery + time.Second) // one look in vain
			s.feed.transport(`AVTransportURI val="u"`, `TransportState val="PLAYING"`)
			s.device.with(func() { s.device.down, s.device.state = nil, "PLAYING" })
			time.Sleep(time.Minute)
		}, nil},
		{"we play", func(t *testing.T, s scene) {
			time.Sleep(5 * time.Second)
			mustPlay(t, s.r)
			s.becomes("PLAYING")
		}, []string{"Transport{State:playing}"}},
		{"we play while it is asked", func(t *testing.T, s scene) {
			time.Sleep(5 * time.Second)
			s.device.with(func() { s.device.delay = time.Second })
			s.becomes("TRANSITIONING")
			mustPlay(t, s.r)
		}, nil},
		{"paused in place of stopped", func(_ *testing.T, s scene) {
			s.becomes("PAUSED_PLAYBACK")
			time.Sleep(5 * time.Second)
			s.becomes("PLAYING")
		}, []string{"PlayPressed{}"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			watchingEvents(t, nil, func(t *testing.T, s scene) {
				s.ended(t)
				c.do(t, s)
				wantEvents(t, s.told(), c.want...)
			})
		})
	}
}

// Who stops the device at itself may also want it to go on.
func TestPressedAfterAStopAtTheSpeaker(t *testing.T) {
	for _, c := range []struct {
		name  string
		after time.Duration
		want  []string
	}{
		{"later", transport.RetryRest + transport.EndGrace, []string{"Transport{State:stopped}", "PlayPressed{}"}},
		{"at once: it tries to get its stream back", 5 * time.Second, []string{"Transport{State:stopped}"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			watchingEvents(t, nil, func(t *testing.T, s scene) {
				s.play(t)
				time.Sleep(time.Minute)
				s.told()
				s.becomes("STOPPED")
				time.Sleep(c.after)
				s.becomes("PLAYING")
				wantEvents(t, s.told(), c.want...)
			})
		})
	}
}

// A start that came to nothing is no reason for the device's next try to count.
func TestNotPressedAfterAFailedStart(t *testing.T) {
	watchingEvents(t, nil, func(t *testing.T, s scene) {
		s.device.with(func() { s.device.counting = false })
		mustPlayAs(t, s.device, s.r, "STOPPED")
		time.Sleep(transport.StartGrace)
		s.becomes("STOPPED")
		time.Sleep(transport.EndGrace + transport.RetryRest/2)
		wantEvents(t, s.told(), "Transport{State:stopped}")
		s.becomes("TRANSITIONING")
		wantEvents(t, s.told())
	})
}

// What a device plays that never had a stream of ours is not our business.
func TestNotPressedWithoutAStream(t *testing.T) {
	watchingEvents(t, nil, func(t *testing.T, s scene) {
		s.becomes("STOPPED")
		time.Sleep(time.Minute)
		s.becomes("PLAYING")
		time.Sleep(time.Hour)
		wantEvents(t, s.told())
		if got := s.device.count("GetMediaInfo"); got != 0 {
			t.Errorf("want it not asked what it plays, got %d questions", got)
		}
	})
}

// missALook has the device leave one look without an answer.
func missALook(f *fakeDevice, r *Renderer) {
	f.with(func() { f.down = errDown })
	for failures := 0; failures == 0; failures, _ = r.conn.Failing() {
		time.Sleep(100 * time.Millisecond)
	}
	f.with(func() { f.down = nil })
}

// A press at a device that tells nothing by itself.
func TestPressedByLooking(t *testing.T) {
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
		{"poked", func(_ *testing.T, f *fakeDevice, r *Renderer) {
			time.Sleep(5 * time.Second)
			f.with(func() { f.state = "TRANSITIONING" })
			r.RequestPoll()
		}, []string{"PlayPressed{}"}},
		{"poked before it tells", func(_ *testing.T, f *fakeDevice, r *Renderer) {
			time.Sleep(5 * time.Second)
			r.RequestPoll()
			time.Sleep(100 * time.Millisecond)
			f.with(func() { f.state = "TRANSITIONING" })
			time.Sleep(poll.RequestedEvery)
		}, []string{"PlayPressed{}"}},
		{"poked by one that plays nothing", func(_ *testing.T, _ *fakeDevice, r *Renderer) {
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
		{"it resumes after one look without an answer", func(_ *testing.T, f *fakeDevice, r *Renderer) {
			time.Sleep(time.Minute)
			missALook(f, r)
			f.with(func() { f.state = "PLAYING" })
			time.Sleep(time.Hour)
		}, nil},
		{"it is back, and pressed later", func(_ *testing.T, f *fakeDevice, r *Renderer) {
			time.Sleep(time.Minute)
			missALook(f, r)
			time.Sleep(poll.IdleEvery)
			f.with(func() { f.state = "PLAYING" })
			r.RequestPoll()
		}, []string{"PlayPressed{}"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			watching(t, func(t *testing.T, f *fakeDevice, r *Renderer, events func() []string) {
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

// However often somebody calls, the device is not flooded, and left in peace
// again.
func TestLookIsBounded(t *testing.T) {
	watching(t, func(t *testing.T, f *fakeDevice, r *Renderer, _ func() []string) {
		asked := func(do func()) int {
			before := f.count("GetTransportInfo")
			do()
			synctest.Wait()
			return f.count("GetTransportInfo") - before
		}
		time.Sleep(time.Second)
		if got := asked(r.RequestPoll); got != 1 {
			t.Errorf("want it looked at now, got %d questions", got)
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

// A device that shows at once that it has stopped costs one look, or none if it
// tells.
func TestLooksAfterAStop(t *testing.T) {
	for name, tells := range map[string]bool{"tells": true, "is asked": false} {
		t.Run(name, func(t *testing.T) {
			watchingEvents(t, func(o *Options) { o.DistrustEvents = !tells }, func(t *testing.T, s scene) {
				s.play(t)
				time.Sleep(50 * time.Second)
				s.told()
				before, want := s.device.count("GetTransportInfo"), 1
				if err := s.r.Stop(t.Context()); err != nil {
					t.Fatal(err)
				}
				synctest.Wait()
				if tells {
					s.becomes("STOPPED")
					want = 0
				}
				time.Sleep(5 * time.Second)
				if got := s.device.count("GetTransportInfo") - before; got != want {
					t.Errorf("want %d looks, got %d", want, got)
				}
			})
		})
	}
}

// Where it plays our stream that has ended, a Stop is ours to send.
func TestStopAfterAPress(t *testing.T) {
	watchingEvents(t, nil, func(t *testing.T, s scene) {
		s.ended(t)
		s.device.with(func() { s.device.log = nil })
		if err := s.r.Stop(t.Context()); err != nil || s.device.calls() != "" {
			t.Errorf("at rest: want nothing sent, got %v, %s", err, s.device.calls())
		}
		time.Sleep(5 * time.Second)
		s.becomes("PLAYING")
		wantEvents(t, s.told(), "PlayPressed{}")
		if err := s.r.Stop(t.Context()); err != nil || s.device.calls() != "Stop" {
			t.Errorf("want Stop, got %v, %s", err, s.device.calls())
		}
	})
}
