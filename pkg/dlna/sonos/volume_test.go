package sonos_test

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/dlna/sonos"
	"github.com/breezeway-audio/breezeway/pkg/dlna/upnp"
	sim "github.com/breezeway-audio/breezeway/pkg/sim/sonos"
)

// A fakeGroup is a coordinator that records its calls and turns one member.
type fakeGroup struct {
	volume int
	top    int    // that it reports, since its members are at theirs; 0: MaxVolume
	answer string // to GetGroupVolume; "": volume
	fault  int    // of each call, 0 for none
	calls  []string
}

func (f *fakeGroup) Call(_ context.Context, _ upnp.Service, action string, in, out any) error {
	f.calls = append(f.calls, action)
	if f.fault != 0 {
		return &upnp.Fault{Code: f.fault}
	}
	switch action {
	case "GetGroupVolume":
		answer := f.answer
		if answer == "" {
			answer = strconv.Itoa(f.volume)
		}
		reflect.ValueOf(out).Elem().FieldByName("CurrentVolume").SetString(answer)
	case "SetGroupVolume":
		volume, err := strconv.Atoi(reflect.ValueOf(in).FieldByName("DesiredVolume").String())
		f.volume = volume
		if f.top > 0 {
			f.volume = min(volume, f.top)
		}
		return err
	}
	return nil
}

func groupVolume(t *testing.T, client sonos.Client) *sonos.GroupVolume {
	t.Helper()
	g, err := sonos.NewGroupVolume(client, &upnp.Device{
		Services: []upnp.Service{{Type: "urn:schemas-upnp-org:service:GroupRenderingControl:1"}},
	})
	must(t, err)
	return g
}

func TestSnapshotsOfGroupVolume(t *testing.T) {
	get, snapshot, set := "GetGroupVolume", "SnapshotGroupVolume", "SetGroupVolume"
	tests := []struct {
		name   string
		before func(*fakeGroup) // what happens after the first Set
		pause  time.Duration
		want   []string // calls of the second Set
	}{
		{"in one movement of the slider", func(*fakeGroup) {}, time.Second, []string{set, get}},
		{"later, as it was left", func(*fakeGroup) {}, time.Minute, []string{get, set, get}},
		{"later, rounded", func(f *fakeGroup) { f.volume++ }, time.Minute, []string{get, set, get}},
		{"later, turned by somebody else", func(f *fakeGroup) { f.volume = 60 }, time.Minute, []string{get, snapshot, set, get}},
		{"later, at 0", func(f *fakeGroup) { f.volume = 0 }, time.Minute, []string{get, set, get}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := &fakeGroup{volume: 20}
				g := groupVolume(t, f)
				must(t, g.Set(t.Context(), 30))
				if want := []string{get, snapshot, set, get}; !slices.Equal(f.calls, want) {
					t.Errorf("want %v at first, got %v", want, f.calls)
				}
				f.calls = nil
				tt.before(f)
				time.Sleep(tt.pause)
				must(t, g.Set(t.Context(), 40))
				if !slices.Equal(f.calls, tt.want) {
					t.Errorf("want %v, got %v", tt.want, f.calls)
				}
				if f.volume != 40 {
					t.Errorf("want volume 40, got %d", f.volume)
				}
			})
		})
	}
}

// A group that is quieter than it was set to, since a member is at its top, was
// not turned by anybody: the ratio of its members holds.
func TestGroupAtItsTopKeepsItsRatio(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fakeGroup{volume: 20, top: 78}
		g := groupVolume(t, f)
		must(t, g.Set(t.Context(), 90))
		f.calls = nil
		time.Sleep(time.Minute)
		must(t, g.Set(t.Context(), 40))
		if slices.Contains(f.calls, "SnapshotGroupVolume") {
			t.Errorf("want the ratio kept, got %v", f.calls)
		}
	})
}

func TestGroupVolumeErrors(t *testing.T) {
	tests := []struct {
		name  string
		group fakeGroup
		want  error
	}{
		{"another's group", fakeGroup{fault: 701}, sonos.ErrNotCoordinator},
		{"no number", fakeGroup{answer: "loud"}, sonos.ErrMalformed},
		{"out of range", fakeGroup{answer: "101"}, sonos.ErrMalformed},
		{"negative", fakeGroup{answer: "-1"}, sonos.ErrMalformed},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			g := groupVolume(t, &tt.group)
			if _, err := g.Volume(t.Context()); !errors.Is(err, tt.want) {
				t.Errorf("Volume: want %v, got %v", tt.want, err)
			}
			if err := g.Set(t.Context(), 10); !errors.Is(err, tt.want) {
				t.Errorf("Set: want %v, got %v", tt.want, err)
			}
		})
	}
	var fault *upnp.Fault
	if err := groupVolume(t, &fakeGroup{fault: 501}).SetMute(t.Context(), true); !errors.As(err, &fault) || errors.Is(err, sonos.ErrNotCoordinator) {
		t.Errorf("want the fault itself, got %v", err)
	}
	if _, err := sonos.NewGroupVolume(&fakeGroup{}, &upnp.Device{}); !errors.Is(err, sonos.ErrUnsupported) {
		t.Errorf("want ErrUnsupported, got %v", err)
	}
}

// three is a household whose three rooms play as one.
func three(t *testing.T) *sim.Household {
	t.Helper()
	h := household(t, sim.Options{Players: []sim.PlayerOptions{
		{Room: "A", Volume: 10}, {Room: "B", Volume: 20}, {Room: "C", Volume: 40}, {Room: "D", Volume: 5},
	}})
	must(t, h.Group(t.Context(), h.Player("A"), h.Player("B"), h.Player("C")))
	return h
}

func TestRatioIsKeptOverAHundredChanges(t *testing.T) {
	h, client := three(t), upnp.NewClient(upnp.Options{})
	g, err := sonos.NewGroupVolume(client, describe(t, client, h.Player("A")))
	must(t, err)
	random := rand.New(rand.NewPCG(1, 2))
	const mean = 70.0 / 3
	for range 100 {
		volume := random.IntN(58) // the loudest is below 100 then
		must(t, g.Set(t.Context(), volume))
		for room, first := range map[string]float64{"A": 10, "B": 20, "C": 40} {
			want := first / mean * float64(volume)
			if got, _ := h.Player(room).Volume(); math.Abs(float64(got)-want) > 0.5 {
				t.Fatalf("group at %d: want %s at %.1f, got %d", volume, room, want, got)
			}
		}
	}
	if got, _ := h.Player("D").Volume(); got != 5 {
		t.Errorf("want the player outside left at 5, got %d", got)
	}
	must(t, g.Set(t.Context(), 0))
	must(t, g.Set(t.Context(), 23))
	if got, _ := h.Player("C").Volume(); got != 39 {
		t.Errorf("want the ratio back after 0: C at 39, got %d", got)
	}
}

func TestGroupMute(t *testing.T) {
	h, client := three(t), upnp.NewClient(upnp.Options{})
	g, err := sonos.NewGroupVolume(client, describe(t, client, h.Player("A")))
	must(t, err)
	for _, want := range []bool{true, false} {
		must(t, g.SetMute(t.Context(), want))
		for _, room := range []string{"A", "B", "C"} {
			if _, muted := h.Player(room).Volume(); muted != want {
				t.Errorf("%s: want mute=%v, got %v", room, want, muted)
			}
		}
	}
}

func TestMemberIsNoCoordinator(t *testing.T) {
	h, client := three(t), upnp.NewClient(upnp.Options{})
	g, err := sonos.NewGroupVolume(client, describe(t, client, h.Player("B")))
	must(t, err)
	if err := g.Set(t.Context(), 10); !errors.Is(err, sonos.ErrNotCoordinator) {
		t.Errorf("want ErrNotCoordinator, got %v", err)
	}
}

func TestOutputFixed(t *testing.T) {
	h := household(t, sim.Options{Players: []sim.PlayerOptions{{Room: "Amp", FixedOutput: true}, {Room: "One"}}})
	client := upnp.NewClient(upnp.Options{})
	for room, want := range map[string]bool{"Amp": true, "One": false} {
		got, err := sonos.OutputFixed(t.Context(), client, describe(t, client, h.Player(room)))
		if err != nil || got != want {
			t.Errorf("%s: want %v, got %v, %v", room, want, got, err)
		}
	}
	if _, err := sonos.OutputFixed(t.Context(), client, &upnp.Device{}); !errors.Is(err, sonos.ErrUnsupported) {
		t.Errorf("want ErrUnsupported, got %v", err)
	}
}
