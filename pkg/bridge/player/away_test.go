package player

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"

	"github.com/breezeway-audio/breezeway/pkg/dlna/renderer"
)

// What was turned while the speaker was away, it is told when it comes back.
func TestVolumeTurnedWhileAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fakeSpeaker{}
		d := newDriver(zerolog.Nop(), func(int, error) {})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- d.runVolume(ctx) }()
		d.setLoudness(Loudness{Level: 0.5})
		synctest.Wait()
		d.attach(f)
		time.Sleep(time.Second)
		if want, got := []string{"volume " + time.Duration(50).String()}, f.told(); !slices.Equal(want, got) {
			t.Errorf("want %q, got %q", want, got)
		}
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

// A speaker that cannot mute goes to silence, below what is the least for senders.
func TestMuteBelowTheLeast(t *testing.T) {
	f := &fakeSpeaker{muteErr: renderer.ErrUnsupported}
	d := newDriver(zerolog.Nop(), func(int, error) {})
	d.attach(f)
	d.setLoudness(Loudness{Level: 0.2, Mute: true})
	d.applyVolume(t.Context())
	if want, got := []string{"mute", "volume 0s"}, f.told(); !slices.Equal(want, got) {
		t.Errorf("want %q, got %q", want, got)
	}
}
