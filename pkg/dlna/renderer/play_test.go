package renderer

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/dlna/renderer/conn"

	"github.com/breezeway-audio/breezeway/pkg/dlna/upnp"
)

func newRenderer(t *testing.T, f *fakeDevice, onEvent func(Event)) *Renderer {
	t.Helper()
	r, err := New(f.description(), Options{Client: f, OnEvent: onEvent})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

var song = Media{URL: "u"}

func TestPlaySequence(t *testing.T) {
	cases := []struct {
		name    string
		prepare func(f *fakeDevice)
		want    string
		takes   time.Duration
		code    int // of the fault returned; 0: success
	}{
		{"no media: no Stop", func(f *fakeDevice) {}, "SetAVTransportURI u, Play", 0, 0},
		{"stopped: no Stop", func(f *fakeDevice) { f.state = "STOPPED" }, "SetAVTransportURI u, Play", 0, 0},
		{"playing: Stop first", func(f *fakeDevice) { f.state = "PLAYING" }, "Stop, SetAVTransportURI u, Play", 0, 0},
		{"paused: Stop first", func(f *fakeDevice) { f.state = "PAUSED_PLAYBACK" }, "Stop, SetAVTransportURI u, Play", 0, 0},
		{"playing a queue", func(f *fakeDevice) { f.state, f.nextURI = "PLAYING", "http://next" },
			"Stop, SetNextAVTransportURI , SetAVTransportURI u, Play", 0, 0},
		{"a queue that stays", func(f *fakeDevice) {
			f.state, f.nextURI, f.faults["SetNextAVTransportURI"] = "PLAYING", "http://next", []int{401}
		}, "Stop, SetNextAVTransportURI! 401, SetAVTransportURI u, Play", 0, 0},
		{"no queue", func(f *fakeDevice) { f.state, f.nextURI = "PLAYING", "NOT_IMPLEMENTED" },
			"Stop, SetAVTransportURI u, Play", 0, 0},
		{"stops slowly", func(f *fakeDevice) { f.state, f.stopping = "TRANSITIONING", 900*time.Millisecond },
			"Stop, SetAVTransportURI u, Play", time.Second, 0},
		{"never stops", func(f *fakeDevice) { f.state, f.stopping = "PLAYING", time.Hour },
			"Stop, SetAVTransportURI u, Play", 3 * time.Second, 0},
		{"a word of the vendor's own", func(f *fakeDevice) { f.state, f.stopping = "BUFFERING", time.Hour },
			"Stop, SetAVTransportURI u, Play", 0, 0},
		{"Stop refused as needless", func(f *fakeDevice) { f.state, f.faults["Stop"] = "PLAYING", []int{701} },
			"Stop! 701, SetAVTransportURI u, Play", 3 * time.Second, 0},
		{"Stop refused", func(f *fakeDevice) { f.state, f.faults["Stop"] = "PLAYING", []int{501} },
			"Stop! 501, SetAVTransportURI u, Play", 0, 0},
		{"state not reported", func(f *fakeDevice) { f.faults["GetTransportInfo"] = []int{401} },
			"GetTransportInfo! 401, SetAVTransportURI u, Play", 0, 0},
		{"locked until Stop", func(f *fakeDevice) { f.faults["SetAVTransportURI"] = []int{705} },
			"SetAVTransportURI! 705, Stop, SetAVTransportURI u, Play", 200 * time.Millisecond, 0},
		{"URI refused", func(f *fakeDevice) { f.faults["SetAVTransportURI"] = []int{714} },
			"SetAVTransportURI! 714", 0, 714},
		{"Play not yet", func(f *fakeDevice) { f.faults["Play"] = []int{701, 716} },
			"SetAVTransportURI u, Play! 701, Play! 716, Play", time.Second, 0},
		{"Play never", func(f *fakeDevice) { f.faults["Play"] = []int{718, 705, 718, 716} },
			"SetAVTransportURI u, Play! 718, Play! 705, Play! 718, Play! 716", 3 * time.Second, 716},
		{"Play done and not answered", func(f *fakeDevice) { f.silent = "Play" }, "SetAVTransportURI u, Play", 0, 0},
		{"Play refused", func(f *fakeDevice) { f.faults["Play"] = []int{501} },
			"SetAVTransportURI u, Play! 501", 0, 501},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := newFakeDevice()
				c.prepare(f)
				r := newRenderer(t, f, nil)
				begin := time.Now()
				err := r.Play(t.Context(), song)
				if c.code == 0 && err != nil || c.code != 0 && !conn.IsFault(err, c.code) {
					t.Errorf("want fault %d, got %v", c.code, err)
				}
				if got := f.calls(); got != c.want {
					t.Errorf("want %s\n got %s", c.want, got)
				}
				if took := time.Since(begin); took != c.takes {
					t.Errorf("want %v, took %v", c.takes, took)
				}
				f.with(func() { f.stopping = 0 })
				time.Sleep(2 * time.Hour) // lets the timers of the fake end inside the bubble
			})
		})
	}
}

func TestDeviceThatPlaysByItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFakeDevice()
		f.delay = 100 * time.Millisecond
		f.faults["Play"] = []int{701}
		r := newRenderer(t, f, nil)
		time.AfterFunc(250*time.Millisecond, func() { f.with(func() { f.state = "PLAYING" }) })
		if err := r.Play(t.Context(), song); err != nil {
			t.Fatal(err)
		}
		if got, want := f.calls(), "SetAVTransportURI u, Play! 701"; got != want {
			t.Errorf("want %s, got %s", want, got)
		}
	})
}

func TestStop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFakeDevice()
		f.state = "PLAYING"
		r := newRenderer(t, f, nil)
		if err := r.Stop(t.Context()); err != nil || f.calls() != "" {
			t.Errorf("what is not ours was touched: %v, %s", err, f.calls())
		}
		if err := r.Play(t.Context(), song); err != nil {
			t.Fatal(err)
		}
		f.with(func() { f.log, f.faults["Stop"] = nil, []int{501, 701} })
		if err := r.Stop(t.Context()); !conn.IsFault(err, 501) {
			t.Errorf("want fault 501, got %v", err)
		}
		if err := r.Stop(t.Context()); err != nil {
			t.Errorf("701 is not success: %v", err)
		}
		if err := r.Stop(t.Context()); err != nil || f.calls() != "Stop! 501, Stop! 701" {
			t.Errorf("stopped again: %v, %s", err, f.calls())
		}
	})
}

// A start that was cut short leaves a device that may play: it gets a Stop.
func TestStopAfterCancelledPlay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFakeDevice()
		f.delay = time.Second
		r := newRenderer(t, f, nil)
		ctx, cancel := context.WithTimeout(t.Context(), 2500*time.Millisecond)
		defer cancel()
		if err := r.Play(ctx, song); !errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("want the deadline, got %v", err)
		}
		if err := r.Stop(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got, want := f.calls(), "SetAVTransportURI u, Stop"; got != want {
			t.Errorf("want %s, got %s", want, got)
		}
	})
}

func TestOneRequestAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFakeDevice()
		f.delay = 50 * time.Millisecond
		r := newRenderer(t, f, nil)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- r.Run(ctx) }()
		for _, do := range []func() error{
			func() error { return r.Play(ctx, song) },
			func() error { return r.Play(ctx, song) },
			func() error { return r.Stop(ctx) },
			func() error { return r.SetVolume(ctx, 0.3) },
			func() error { return r.SetMute(ctx, true) },
			func() error { _, err := r.Volume(ctx); return err },
		} {
			go func() {
				if err := do(); err != nil {
					t.Error(err)
				}
			}()
		}
		time.Sleep(time.Minute)
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		if f.overlap {
			t.Error("two requests were under way at once")
		}
	})
}

func TestTurnCanBeGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFakeDevice()
		f.delay = time.Minute
		r := newRenderer(t, f, nil)
		go func() { _, _ = r.Volume(t.Context()) }()
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := r.transport.Position(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("want the deadline, got %v", err)
		}
		time.Sleep(time.Hour)
	})
}

func TestVolumeAndMute(t *testing.T) {
	f := newFakeDevice()
	r := newRenderer(t, f, nil)
	ctx := t.Context()
	if level, err := r.Volume(ctx); err != nil || level != 0.4 {
		t.Errorf("want 0.4, got %v, %v", level, err)
	}
	for _, err := range []error{r.SetVolume(ctx, 0.5), r.SetMute(ctx, true), r.SetMute(ctx, false)} {
		if err != nil {
			t.Error(err)
		}
	}
	if got, want := f.calls(), "SetVolume 25, SetMute 1, SetMute 0"; got != want {
		t.Errorf("want %s, got %s", want, got)
	}
	if got := f.count("SCPD"); got != 1 {
		t.Errorf("the SCPD was fetched %d times", got)
	}
	f.volume = "loud"
	if _, err := r.Volume(ctx); !errors.Is(err, upnp.ErrMalformed) {
		t.Errorf("want ErrMalformed, got %v", err)
	}
}

func TestVolumeWithoutSCPD(t *testing.T) {
	f := newFakeDevice()
	f.scpd, f.down = nil, errDown
	r := newRenderer(t, f, nil)
	if err := r.SetVolume(t.Context(), 0.5); err == nil || f.calls() != "" {
		t.Errorf("the volume was set on an unknown scale: %v, %s", err, f.calls())
	}
	f.down = nil
	if err := r.SetVolume(t.Context(), 0.5); err != nil || f.calls() != "SetVolume 50" {
		t.Errorf("no usable SCPD: %v, %s", err, f.calls())
	}
}

func TestWhatTheDeviceLacks(t *testing.T) {
	f := newFakeDevice()
	device := f.description()
	device.Services = device.Services[:1]
	r, err := New(device, Options{Client: f})
	if err != nil {
		t.Fatal(err)
	}
	_, volumeErr := r.Volume(t.Context())
	_, protocolErr := r.Protocols(t.Context())
	for _, err := range []error{r.SetVolume(t.Context(), 1), r.SetMute(t.Context(), true), volumeErr, protocolErr} {
		if !errors.Is(err, ErrUnsupported) {
			t.Errorf("want ErrUnsupported, got %v", err)
		}
	}
	device.Services = nil
	if Usable(device) {
		t.Error("a device without services is usable")
	}
	if _, err := New(device, Options{Client: f}); !errors.Is(err, ErrUnsupported) {
		t.Errorf("no AVTransport: want ErrUnsupported, got %v", err)
	}

	f.scpd.Actions = nil
	whole := newRenderer(t, f, nil)
	if err := whole.SetMute(t.Context(), true); !errors.Is(err, ErrUnsupported) {
		t.Errorf("no SetMute: want ErrUnsupported, got %v", err)
	}
}

func TestPosition(t *testing.T) {
	f := newFakeDevice()
	f.relTime = "0:01:02.250"
	r := newRenderer(t, f, nil)
	if got, err := r.transport.Position(t.Context()); err != nil || !got.Known || got.Rel != 62250*time.Millisecond {
		t.Errorf("want 1m2.25s, got %v, %v", got, err)
	}
}
