package bridge

import (
	"context"
	"math"
	"math/rand/v2"
	"net/url"
	"reflect"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"

	"github.com/breezeway-audio/breezeway/pkg/airplay/dacp"
	"github.com/breezeway-audio/breezeway/pkg/airplay/raop"
	"github.com/breezeway-audio/breezeway/pkg/dlna/renderer"
	"github.com/breezeway-audio/breezeway/pkg/dlna/upnp"
)

// A mixer is a renderer with a volume of 0 to 100.
type mixer struct {
	*fakeDevice
	mu     sync.Mutex
	volume int
	mute   bool
	sets   int // SetVolume
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

const sliderStepDB = 30.0 / 16

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

// TestVolumeDoesNotLoop: of 1,000 changes at the phone and at the speaker each
// goes to the other side once. When all is calm both agree, and nothing moves.
func TestVolumeDoesNotLoop(t *testing.T) {
	for name, o := range map[string]VolumeOptions{
		"as it is": {Max: 1},
		"bounded":  {Min: 0.1, Max: 0.6},
		"by dB":    {Max: 1, Curve: CurveDB},
	} {
		t.Run(name, func(t *testing.T) {
			runDesk(t, func(d *desk) {
				knob, phone := d.mixing(o)
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
						knob.turn(int(100*o.Min) + rng.IntN(int(100*(o.Max-o.Min))+1))
						hands++
					}
					time.Sleep(time.Duration(rng.Int64N(int64(8 * time.Second))))
				}
				time.Sleep(time.Minute)
				_, _, sets := knob.state()
				_, _, told := phone.state()
				// A hand takes the mute off as well, and is told of that once more.
				if told > 2*hands || sets > turns+told {
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
				want := 100 * o.renderer(dbLevel(db))
				if math.Abs(want-float64(volume)) > 1 && !silent || muted != silent {
					t.Errorf("want both sides to agree, got %v dB, %v, which is %.0f, at the phone, %d, %v at the speaker", db, silent, want, volume, muted)
				}
			})
		})
	}
}

// mixing has the bridge play on a mixer what comes from a phone.
func (d *desk) mixing(o VolumeOptions) (*mixer, *slider) {
	phone := &slider{bridge: d.Bridge}
	d.options.Remote = func(raop.ClientInfo) (Remote, error) { return phone, nil }
	d.begin()
	knob := &mixer{fakeDevice: &fakeDevice{state: "STOPPED", fetch: d.fetch}, volume: 40}
	t := fakeTarget(d.t, knob.fakeDevice, kitchen, "Kitchen")
	t.settings.Volume = o
	r, err := renderer.New(&upnp.Device{FriendlyName: "Kitchen", Location: &url.URL{}, Services: []upnp.Service{
		{Type: "urn:schemas-upnp-org:service:AVTransport:1"}, {Type: "urn:schemas-upnp-org:service:RenderingControl:1"},
	}}, renderer.Options{Client: knob, OnEvent: t.event, Log: zerolog.Nop()})
	if err != nil {
		d.t.Fatal(err)
	}
	t.renderer = r
	d.attach(t)
	d.sound()
	d.after(10*time.Second, statePlaying)
	return knob, phone
}
