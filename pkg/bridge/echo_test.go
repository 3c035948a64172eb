package bridge

import (
	"context"
	"math"
	"math/rand/v2"
	"reflect"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/huin/goupnp/scpd"

	"github.com/breezeway-audio/breezeway/pkg/airplay/dacp"
	"github.com/breezeway-audio/breezeway/pkg/airplay/raop"
	"github.com/breezeway-audio/breezeway/pkg/bridge/player"
	"github.com/breezeway-audio/breezeway/pkg/dlna/upnp"
	"github.com/breezeway-audio/breezeway/pkg/settings"
)

// A mixer is a renderer with a volume.
type mixer struct {
	*fakeDevice
	most   int // volume
	mu     sync.Mutex
	volume int
	mute   bool
	sets   int // SetVolume
}

func (m *mixer) SCPD(context.Context, upnp.Service) (*upnp.SCPD, error) {
	return &upnp.SCPD{
		Actions: []scpd.Action{{Name: "SetMute"}, {Name: "GetMute"}},
		Variables: []scpd.StateVariable{{Name: "Volume", AllowedValueRange: &scpd.AllowedValueRange{
			Minimum: "0", Maximum: strconv.Itoa(m.most), Step: "1",
		}}},
	}, nil
}

func (m *mixer) Call(ctx context.Context, svc upnp.Service, action string, in, out any) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch action {
	case "SetVolume":
		m.sets++
		m.volume, _ = strconv.Atoi(reflect.ValueOf(in).FieldByName("DesiredVolume").String())
	case "SetMute":
		m.mute = reflect.ValueOf(in).FieldByName("DesiredMute").String() == "1"
	case "GetVolume":
		reflect.ValueOf(out).Elem().FieldByName("CurrentVolume").SetString(strconv.Itoa(m.volume))
	case "GetMute":
		reflect.ValueOf(out).Elem().FieldByName("CurrentMute").SetString(map[bool]string{true: "1", false: "0"}[m.mute])
	default:
		return m.fakeDevice.Call(ctx, svc, action, in, out)
	}
	return nil
}

// turn is a hand at the knob; a speaker that is turned is not muted.
func (m *mixer) turn(volume int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.volume, m.mute = volume, false
}

func (m *mixer) state() (volume int, mute bool, sets int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.volume, m.mute, m.sets
}

// A slider is that of a phone, of 16 steps. It follows what the bridge tells and
// sends that back, as iOS does.
type slider struct {
	bridge *Bridge
	mu     sync.Mutex
	db     float64
	mute   bool
	told   int
}

func (s *slider) Run(ctx context.Context) error { <-ctx.Done(); return nil }
func (s *slider) Send(dacp.Command) error       { return nil }

func (s *slider) SetVolume(volumeDB float64, mute bool) {
	s.mu.Lock()
	s.told++
	s.mu.Unlock()
	time.AfterFunc(50*time.Millisecond, func() { s.turn(math.Round(volumeDB/sliderStepDB)*sliderStepDB, mute) })
}

// turn moves the slider, and sends that.
func (s *slider) turn(db float64, mute bool) {
	s.mu.Lock()
	s.db, s.mute = db, mute
	s.mu.Unlock()
	s.bridge.HandleEvent(raop.Volume{DB: db, Mute: mute})
}

func (s *slider) state() (db float64, mute bool, told int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.db, s.mute, s.told
}

// expectedLevel is where the speaker stands, 0 to 1, for a level of the sender.
func expectedLevel(o settings.Volume, sender float64) float64 {
	if o.Curve == settings.CurveDB { // 30 dB between the lowest and the loudest
		const floor = 0.0316227766016838
		sender = (math.Pow(floor, 1-sender) - floor) / (1 - floor)
	}
	return (float64(o.Min) + sender*float64(o.Max-o.Min)) / 100
}

// TestVolumeDoesNotLoop: of 1,000 changes at the phone and at the speaker each
// goes to the other side once. When all is calm both agree, and nothing moves.
func TestVolumeDoesNotLoop(t *testing.T) {
	for name, o := range map[string]settings.Volume{
		"as it is": {Max: 100},
		"bounded":  {Min: 10, Max: 60},
		"by dB":    {Max: 100, Curve: settings.CurveDB},
	} {
		t.Run(name, func(t *testing.T) {
			run(t, func(h *harness) {
				knob, phone := h.mixing(o)
				rng := rand.New(rand.NewPCG(3, 4))
				hands, turns := 0, 0
				for range 1000 {
					switch rng.IntN(8) {
					case 0:
						db, _, _ := phone.state()
						phone.turn(db, true)
						turns++
					case 1, 2, 3:
						phone.turn(-sliderStepDB*float64(rng.IntN(17)), false)
						turns++
					default:
						knob.turn(o.Min + rng.IntN(o.Max-o.Min+1))
						hands++
					}
					time.Sleep(time.Duration(rng.Int64N(int64(8 * time.Second))))
				}
				time.Sleep(time.Minute)
				_, _, sets := knob.state()
				_, _, told := phone.state()
				// A hand takes the mute off as well, and is told of that once more.
				if told > 2*hands || sets > turns {
					t.Errorf("want no more messages than changes, got %d for %d hands, %d for %d turns", told, hands, sets, turns)
				}
				time.Sleep(time.Hour)
				synctest.Wait()
				volume, muted, setsThen := knob.state()
				db, silent, toldThen := phone.state()
				t.Logf("%d hands told %d times, %d turns set %d times", hands, told, turns, sets)
				if setsThen != sets || toldThen != told {
					t.Errorf("want calm, got %d messages more to the phone, %d to the speaker", toldThen-told, setsThen-sets)
				}
				least, most := 100*expectedLevel(o, dbLevel(db-sliderStepDB))-1, 100*expectedLevel(o, dbLevel(db+sliderStepDB))+1
				if got := float64(volume); (got < least || got > most) && !silent || muted != silent {
					t.Errorf("want both sides to agree to a step, got %v dB, %v, which is %.0f to %.0f, at the phone, %d, %v at the speaker", db, silent, least, most, volume, muted)
				}
			})
		})
	}
}

// What a hand does at the speaker stays, however the phone rounds what it is told
// of it. A step of the phone counts from there.
func TestEchoDoesNotUndoAHand(t *testing.T) {
	for _, by := range []int{1, 2, 3, -1, -4} {
		run(t, func(h *harness) {
			knob, phone := h.mixing(settings.Volume{Max: 100})
			volume := 44
			knob.turn(volume)
			h.after(10*time.Second, player.StatePlaying)
			for range 6 {
				volume += by
				knob.turn(volume)
				h.after(10*time.Second, player.StatePlaying)
				if got, _, sets := knob.state(); got != volume || sets != 0 {
					t.Fatalf("by %d: want %d and nothing set, got %d, set %d times", by, volume, got, sets)
				}
				if got, want := h.volumeDB(), levelDB(float64(volume)/100); math.Abs(got-want) > 1e-9 {
					t.Errorf("by %d: want the sender told %v dB, got %v", by, want, got)
				}
			}
			db, _, told := phone.state()
			if told != 7 || math.Abs(db-h.volumeDB()) > sliderStepDB {
				t.Errorf("by %d: want the phone told of each, got %d, and %v dB", by, told, db)
			}
			phone.turn(db-sliderStepDB, false)
			h.after(time.Second, player.StatePlaying)
			if got, _, _ := knob.state(); got != int(math.Round(100*dbLevel(db-sliderStepDB))) {
				t.Errorf("by %d: want a step of the phone obeyed, got %d", by, got)
			}
		})
	}
}

func TestEchoes(t *testing.T) {
	type back struct {
		after time.Duration
		db    float64
		mute  bool
		echo  bool
	}
	const step = 30.0 / 16
	cases := map[string]struct {
		told []player.Loudness // 100 ms apart, -15 dB being 0.5
		back []back            // after the first of them
	}{
		"the same":            {[]player.Loudness{{Level: 0.5}}, []back{{time.Second, -15, false, true}}},
		"a step apart":        {[]player.Loudness{{Level: 0.5}}, []back{{0, -15 + step, false, true}, {0, -15 - step, false, true}}},
		"further apart":       {[]player.Loudness{{Level: 0.5}}, []back{{0, -15 + step + 0.1, false, false}, {0, -15 - step - 0.1, false, false}}},
		"late":                {[]player.Loudness{{Level: 0.5}}, []back{{1900 * time.Millisecond, -15, false, true}, {2 * time.Second, -15, false, false}}},
		"nothing told":        {nil, []back{{0, -15, false, false}}},
		"twice":               {[]player.Loudness{{Level: 0.5}}, []back{{0, -15, false, true}, {0, -15, false, true}}},
		"mute":                {[]player.Loudness{{Level: 0.5, Mute: true}}, []back{{0, -30, true, true}, {0, -15, false, false}}},
		"mute that is wanted": {[]player.Loudness{{Level: 0.5}}, []back{{0, -30, true, false}}},
		"lowest place":        {[]player.Loudness{{Level: 0.01}}, []back{{0, -30, true, true}}},
		"a knob that turns": {[]player.Loudness{{Level: 0.2}, {Level: 0.5}, {Level: 0.8}, {Level: 0.2}}, []back{
			{time.Second, -24, false, true}, {time.Second, -15, false, true}, {time.Second, -6, false, true}, {time.Second, -24, false, true},
		}},
		"back to before": {[]player.Loudness{{Level: 0.2}, {Level: 0.5}}, []back{
			{time.Second, -15, false, true}, {time.Second, -24, false, false},
		}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			began := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
			sender := &remoteControl{Remote: &phone{}}
			for i, is := range c.told {
				sender.sendVolume(is, began.Add(time.Duration(i)*100*time.Millisecond))
			}
			for i, b := range c.back {
				if got := sender.isEcho(raop.Volume{DB: b.db, Mute: b.mute}, began.Add(b.after)); got != b.echo {
					t.Errorf("volume %d: want an echo %v, got %v", i, b.echo, got)
				}
			}
		})
	}
}

// A hand that never rests does not fill the memory.
func TestEchoesAreBounded(t *testing.T) {
	sender := &remoteControl{Remote: &phone{}}
	for i := range 10 * mostSent {
		sender.sendVolume(player.Loudness{Level: float64(i%100) / 100}, time.Time{})
	}
	if got := len(sender.sent); got != mostSent {
		t.Errorf("want %d volumes remembered, got %d", mostSent, got)
	}
}

// mixing has the bridge play on a mixer of 0 to 100 what comes from a phone.
func (h *harness) mixing(o settings.Volume) (*mixer, *slider) { return h.mixingOn(o, 100) }

// mixingOn is mixing on a mixer of 0 to most, at 40 %.
func (h *harness) mixingOn(o settings.Volume, most int) (*mixer, *slider) {
	phone := &slider{bridge: h.Bridge}
	h.options.Remote = func(raop.ClientInfo) (Remote, error) { return phone, nil }
	h.begin()
	knob := &mixer{fakeDevice: &fakeDevice{state: "STOPPED", fetch: h.fetch}, most: most, volume: most * 4 / 10}
	t := newTarget(h.t, knob, kitchen, "Kitchen", "RenderingControl")
	t.Settings.Volume = o
	h.attach(t)
	h.soundComes()
	h.after(10*time.Second, player.StatePlaying)
	return knob, phone
}
