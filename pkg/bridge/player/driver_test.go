package player

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"

	"github.com/breezeway-audio/breezeway/pkg/dlna/renderer"
)

// fakeSpeaker writes down what it is told; Play lasts playFor.
type fakeSpeaker struct {
	playFor time.Duration
	playErr error
	muteErr error

	mu  sync.Mutex
	log []string
}

func (f *fakeSpeaker) note(what string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.log = append(f.log, what)
}

// told is what the player was told so far.
func (f *fakeSpeaker) told() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.log)
}

func (f *fakeSpeaker) Play(ctx context.Context, m renderer.Media) error {
	f.note("play " + m.URL)
	select {
	case <-time.After(f.playFor):
		return f.playErr
	case <-ctx.Done():
		f.note("cut short")
		return ctx.Err()
	}
}

func (f *fakeSpeaker) Stop(context.Context) error { f.note("stop"); return nil }

func (f *fakeSpeaker) SetVolume(_ context.Context, level float64) error {
	f.note("volume " + time.Duration(level*100).String())
	return nil
}

func (f *fakeSpeaker) SetMute(_ context.Context, mute bool) error {
	if mute {
		f.note("mute")
	} else {
		f.note("unmute")
	}
	return f.muteErr
}

func (f *fakeSpeaker) Volume(context.Context) (float64, error) { return 0.4, nil }
func (f *fakeSpeaker) VolumeStep() float64                     { return 0.01 }

// fakeStream notes its end in the player's log, to show the order.
type fakeStream struct {
	player *fakeSpeaker
	name   string
}

func (s fakeStream) Discard() { s.player.note("end of " + s.name) }

func TestDriver(t *testing.T) {
	media := func(url string) *renderer.Media { return &renderer.Media{URL: url} }
	cases := []struct {
		name    string
		playFor time.Duration
		orders  func(d *driver, p *fakeSpeaker)
		want    []string
	}{
		{"play, then stop ends the stream after the renderer", 0, func(d *driver, p *fakeSpeaker) {
			d.order(order{media: media("a"), serial: 1})
			time.Sleep(time.Second)
			d.order(order{discard: fakeStream{p, "a"}})
		}, []string{"play a", "stop", "end of a"}},
		{"a stop cuts a slow start short", 10 * time.Second, func(d *driver, p *fakeSpeaker) {
			d.order(order{media: media("a"), serial: 1})
			time.Sleep(time.Second)
			d.order(order{discard: fakeStream{p, "a"}})
		}, []string{"play a", "cut short", "stop", "end of a"}},
		{"only the last order counts", time.Second, func(d *driver, p *fakeSpeaker) {
			d.order(order{media: media("a"), serial: 1})
			time.Sleep(time.Millisecond)
			d.order(order{discard: fakeStream{p, "a"}})
			d.order(order{media: media("b"), serial: 2})
		}, []string{"play a", "end of a", "cut short", "play b"}},
		{"nothing is stopped that was not started", 0, func(d *driver, p *fakeSpeaker) {
			d.order(order{discard: fakeStream{p, "a"}})
		}, []string{"end of a"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := &fakeSpeaker{playFor: c.playFor}
				d := newDriver(zerolog.Nop(), func(int, error) {})
				d.attach(p)
				ctx, cancel := context.WithCancel(t.Context())
				done := make(chan error)
				go func() { done <- d.Run(ctx) }()
				c.orders(d, p)
				time.Sleep(5 * time.Second)
				synctest.Wait()
				got := p.told()
				cancel()
				if err := <-done; err != nil {
					t.Error(err)
				}
				if !slices.Equal(got, c.want) && !sameButForTheRace(got, c.want) {
					t.Errorf("want %q, got %q", c.want, got)
				}
			})
		})
	}
}

// sameButForTheRace allows what two goroutines may note in either order: the
// end of a superseded stream and the start that is cut short for it.
func sameButForTheRace(got, want []string) bool {
	got, want = slices.Clone(got), slices.Clone(want)
	slices.Sort(got)
	slices.Sort(want)
	return slices.Contains(want, "end of a") && slices.Contains(want, "play b") && slices.Equal(got, want)
}

func TestDriverReportsStarts(t *testing.T) {
	refused := errors.New("refused")
	cases := []struct {
		name   string
		device device
		want   error
	}{
		{"taken", &fakeSpeaker{}, nil},
		{"refused", &fakeSpeaker{playErr: refused}, refused},
		{"away", nil, errAbsent},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				outcome := make(chan error, 1)
				d := newDriver(zerolog.Nop(), func(serial int, err error) {
					if serial == 7 {
						outcome <- err
					}
				})
				d.attach(c.device)
				ctx, cancel := context.WithCancel(t.Context())
				done := make(chan error)
				go func() { done <- d.Run(ctx) }()
				d.order(order{media: &renderer.Media{}, serial: 7})
				if got := <-outcome; !errors.Is(got, c.want) {
					t.Errorf("want %v, got %v", c.want, got)
				}
				cancel()
				if err := <-done; err != nil {
					t.Error(err)
				}
			})
		})
	}
}

func TestDriverStopsTheRendererAtTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &fakeSpeaker{}
		d := newDriver(zerolog.Nop(), func(int, error) {})
		d.attach(p)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- d.Run(ctx) }()
		d.order(order{media: &renderer.Media{URL: "a"}, serial: 1})
		synctest.Wait()
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		if want := []string{"play a", "stop"}; !slices.Equal(p.told(), want) {
			t.Errorf("want %q, got %q", want, p.told())
		}
	})
}

func TestVolumeChangesAreCoalesced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &fakeSpeaker{}
		d := newDriver(zerolog.Nop(), func(int, error) {})
		d.attach(p)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- d.runVolume(ctx) }()
		for i := range 100 {
			d.setLoudness(Loudness{Level: float64(i) / 100})
			time.Sleep(10 * time.Millisecond)
		}
		time.Sleep(time.Second)
		told := p.told()
		if n := len(told); n < 4 || n > 7 {
			t.Errorf("want about 5 changes a second, got %d: %q", n, told)
		}
		if last := told[len(told)-1]; last != "volume 99ns" {
			t.Errorf("want the last level set last, got %q", last)
		}
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

func TestMuteIsToldOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &fakeSpeaker{muteErr: errors.New("no such action")}
		d := newDriver(zerolog.Nop(), func(int, error) {})
		d.attach(p)
		for _, l := range []Loudness{{0.5, false}, {0, true}, {0, true}, {0.5, false}} {
			d.setLoudness(l)
			d.applyVolume(t.Context())
		}
		want := []string{"volume 50ns", "mute", "volume 0s", "volume 0s", "volume 50ns", "unmute"}
		if !slices.Equal(p.told(), want) {
			t.Errorf("want %q, got %q", want, p.told())
		}
	})
}

func TestMuteLeavesTheVolume(t *testing.T) {
	p := &fakeSpeaker{}
	d := newDriver(zerolog.Nop(), func(int, error) {})
	d.attach(p)
	for _, l := range []Loudness{{0.5, false}, {0, true}, {0, true}, {0.5, false}} {
		d.setLoudness(l)
		d.applyVolume(t.Context())
	}
	d.muteReported(true) // by a hand at the speaker
	d.setLoudness(Loudness{0.6, false})
	d.applyVolume(t.Context())
	want := []string{"volume 50ns", "mute", "volume 50ns", "unmute", "volume 60ns", "unmute"}
	if !slices.Equal(p.told(), want) {
		t.Errorf("want %q, got %q", want, p.told())
	}
}
