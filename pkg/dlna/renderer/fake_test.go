package renderer

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"reflect"
	"strings"
	"sync"
	"time"

	"github.com/huin/goupnp/scpd"

	"github.com/breezeway-audio/breezeway/pkg/dlna/upnp"
)

// A fakeDevice is a Client with a device behind it. By default it
// does as the specifications say: Stop and Play work at once.
type fakeDevice struct {
	mu        sync.Mutex // guards all below
	state     string
	onPlay    string // the state that Play leads to; "": PLAYING
	uri       string // CurrentURI
	trackURI  string // reported instead of uri, if not ""
	nextURI   string
	counting  bool // relTime is what it has played, in whole seconds
	soundsAt  time.Time
	buffering time.Duration // from Play to sounds
	relTime   string
	sink      string
	volume    string
	mute      string
	scpd      *upnp.SCPD
	log       []string         // "Stop", "SetAVTransportURI http://...", but no Get...
	gets      map[string]int   // how often each Get... came
	faults    map[string][]int // codes that the next calls of an action get
	delay     time.Duration    // of each answer
	stopping  time.Duration    // how long a Stop takes to show
	down      error            // nothing else comes back
	silent    string           // an action that it does and does not answer
	running   int              // requests under way
	overlap   bool             // two were
}

func newFakeDevice() *fakeDevice {
	return &fakeDevice{state: "NO_MEDIA_PRESENT", volume: "20", mute: "0", gets: map[string]int{}, faults: map[string][]int{},
		scpd: &upnp.SCPD{
			Actions: []scpd.Action{{Name: "SetMute"}, {Name: "GetMute"}},
			Variables: []scpd.StateVariable{{Name: "Volume",
				AllowedValueRange: &scpd.AllowedValueRange{Minimum: "0", Maximum: "50", Step: "1"}}},
		}}
}

// description is what the device says of itself.
func (f *fakeDevice) description() *upnp.Device {
	service := func(kind string) upnp.Service { return upnp.Service{Type: "urn:schemas-upnp-org:service:" + kind} }
	return &upnp.Device{FriendlyName: "fake", Services: []upnp.Service{
		service("AVTransport:3"), service("RenderingControl:2"), service("ConnectionManager:1")}}
}

func (f *fakeDevice) with(change func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	change()
}

func (f *fakeDevice) calls() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return strings.Join(f.log, ", ")
}

func (f *fakeDevice) count(action string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.gets[action]
}

// asked is how many requests came so far that change nothing.
func (f *fakeDevice) asked() (n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, times := range f.gets {
		n += times
	}
	return n
}

func (f *fakeDevice) SCPD(context.Context, upnp.Service) (*upnp.SCPD, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.gets["SCPD"]++
	if f.down != nil {
		return nil, f.down
	}
	if f.scpd == nil {
		return nil, upnp.ErrMalformed
	}
	return f.scpd, nil
}

func (f *fakeDevice) Call(ctx context.Context, svc upnp.Service, action string, in, out any) error {
	f.with(func() {
		f.running++
		f.overlap = f.overlap || f.running > 1
	})
	defer f.with(func() { f.running-- })
	if err := f.travel(ctx); err != nil {
		return fmt.Errorf("upnp: %s: %w", action, err)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if codes := f.faults[action]; len(codes) > 0 {
		f.faults[action] = codes[1:]
		f.log = append(f.log, fmt.Sprintf("%s! %d", action, codes[0]))
		return fmt.Errorf("upnp: %s: %w", action, &upnp.Fault{Code: codes[0]})
	}
	if strings.HasPrefix(action, "Get") {
		f.gets[action]++
		f.get(action, out)
		return nil
	}
	f.do(action, in)
	if action == f.silent {
		return fmt.Errorf("upnp: %s: %w", action, os.ErrDeadlineExceeded)
	}
	return nil
}

// travel is the way of a request and its answer.
func (f *fakeDevice) travel(ctx context.Context) error {
	f.mu.Lock()
	down, delay := f.down, f.delay
	f.mu.Unlock()
	if down != nil {
		return down
	}
	if delay == 0 {
		return ctx.Err()
	}
	wait(ctx, delay)
	return ctx.Err()
}

func (f *fakeDevice) get(action string, out any) {
	switch action {
	case "GetTransportInfo":
		answer(out, "CurrentTransportState", f.state)
	case "GetPositionInfo":
		answer(out, "TrackURI", cmp.Or(f.trackURI, f.uri))
		relTime := f.relTime
		if f.counting {
			played := int(max(0, time.Since(f.soundsAt)) / time.Second)
			relTime = fmt.Sprintf("%d:%02d:%02d", played/3600, played/60%60, played%60)
		}
		answer(out, "RelTime", relTime)
	case "GetVolume":
		answer(out, "CurrentVolume", f.volume)
	case "GetMute":
		answer(out, "CurrentMute", f.mute)
	case "GetProtocolInfo":
		answer(out, "Sink", f.sink)
	case "GetMediaInfo":
		answer(out, "CurrentURI", f.uri)
		answer(out, "NextURI", f.nextURI)
	default:
		panic("unexpected " + action)
	}
}

// answer sets an argument of an answer, if it is asked for.
func answer(out any, name, value string) {
	if field := reflect.ValueOf(out).Elem().FieldByName(name); field.IsValid() {
		field.SetString(value)
	}
}

// argument is one of a request; "": there is none of that name.
func argument(in any, name string) string {
	if field := reflect.ValueOf(in).FieldByName(name); field.IsValid() {
		return field.String()
	}
	return ""
}

// logged are the actions that are logged with an argument.
var logged = map[string]string{"SetAVTransportURI": "CurrentURI", "SetNextAVTransportURI": "NextURI", "SetVolume": "DesiredVolume", "SetMute": "DesiredMute"}

func (f *fakeDevice) do(action string, in any) {
	if name, ok := logged[action]; ok {
		value := argument(in, name)
		f.log = append(f.log, action+" "+value)
		switch action {
		case "SetAVTransportURI":
			f.uri, f.state = value, "STOPPED"
		case "SetNextAVTransportURI":
			f.nextURI = value
		case "SetVolume":
			f.volume = value
		case "SetMute":
			f.mute = value
		}
		return
	}
	f.log = append(f.log, action)
	switch action {
	case "Play":
		f.state, f.soundsAt = cmp.Or(f.onPlay, "PLAYING"), time.Now().Add(f.buffering)
	case "Stop":
		if f.stopping == 0 {
			f.state = "STOPPED"
			return
		}
		time.AfterFunc(f.stopping, func() { f.with(func() { f.state = "STOPPED" }) })
	}
}

var errDown = fmt.Errorf("dial: %w", io.ErrUnexpectedEOF)
