package monitor_test

import (
	"encoding/json"
	"errors"
	"io/fs"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/airplay/mdns"
	"github.com/breezeway-audio/breezeway/pkg/bridge"
	"github.com/breezeway-audio/breezeway/pkg/bridge/fleet"
	"github.com/breezeway-audio/breezeway/pkg/bridge/player"
	"github.com/breezeway-audio/breezeway/pkg/dlna/ssdp"
	"github.com/breezeway-audio/breezeway/pkg/monitor"
	"github.com/breezeway-audio/breezeway/pkg/settings"
	"github.com/breezeway-audio/breezeway/pkg/sim/golden"
)

var start = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// well is a snapshot in which nothing is wrong.
func well() fleet.Snapshot {
	return fleet.Snapshot{
		Started:    start,
		Interfaces: []string{"eth0", "eth1"},
		HTTP:       fleet.HTTPPort{Port: 7700, First: 7700},
		MDNS: mdns.Stats{
			IPv4: mdns.PortOK, HeardIPv4: mdns.Hearing{Interface: "eth0", Heard: true, At: start},
			IPv6: mdns.PortShared, HeardIPv6: mdns.Hearing{IPv6: true, Interface: "eth0", Heard: true, At: start},
		},
		Listening: ssdp.ListenerState{Mode: settings.SSDPListenAuto, Method: ssdp.MethodGroup},
		Speakers:  []bridge.Speaker{{UDN: "uuid:1", Name: "Kitchen", Renderers: []player.Snapshot{{UDN: "uuid:1", Address: "192.0.2.1"}}}},
	}
}

// playing has the speaker play, with so much fetched and so much missing.
func playing(s *fleet.Snapshot, fetched int64, missingFrames uint64) {
	r := &s.Speakers[0].Renderers[0]
	r.State, r.Stream.Opened = player.StatePlaying, start
	r.Stream.BytesRead, s.Speakers[0].Jitter.ConcealedFrames = fetched, missingFrames
}

// A moment is a snapshot at a time after the start.
type moment struct {
	after  time.Duration
	change func(*fleet.Snapshot)
}

func at(after time.Duration, change func(*fleet.Snapshot)) moment { return moment{after, change} }

// raisedAfter assesses the moments one after another and returns what is raised
// at the last.
func raisedAfter(moments []moment) []monitor.Condition {
	var state monitor.State
	var now time.Time
	for _, m := range moments {
		s := well()
		if m.change != nil {
			m.change(&s)
		}
		now = start.Add(m.after)
		state = monitor.Assess(state, s, nil, now)
	}
	return state.Raised(now)
}

// A finding is what a test looks at of a condition.
type finding struct {
	code    monitor.Code
	subject string
	age     time.Duration
}

//go:generate go test -run TestDocument -update .

func TestAssess(t *testing.T) {
	const second, minute = time.Second, time.Minute
	noInterface := func(s *fleet.Snapshot) { s.Interfaces = nil }
	noEth1 := func(s *fleet.Snapshot) { s.Interfaces = []string{"eth0"} }
	away := func(s *fleet.Snapshot) { s.Speakers[0].Renderers[0].Address = "" }
	mdnsAs := func(v4, v6 mdns.PortState) func(*fleet.Snapshot) {
		return func(s *fleet.Snapshot) { s.MDNS.IPv4, s.MDNS.IPv6 = v4, v6 }
	}
	listening := func(mode settings.SSDPListen, method ssdp.ListenMethod) func(*fleet.Snapshot) {
		return func(s *fleet.Snapshot) {
			s.Listening = ssdp.ListenerState{Mode: mode, Method: method, Err: errors.New("address already in use")}
		}
	}
	http := func(port, first uint16) func(*fleet.Snapshot) {
		return func(s *fleet.Snapshot) { s.HTTP = fleet.HTTPPort{Port: port, First: first} }
	}
	unheard := func(s *fleet.Snapshot) { s.MDNS.HeardIPv4.Heard = false }
	fetched := func(bytes int64) func(*fleet.Snapshot) {
		return func(s *fleet.Snapshot) { playing(s, bytes, 0) }
	}
	missing := func(fetched int64, frames uint64) func(*fleet.Snapshot) {
		return func(s *fleet.Snapshot) { playing(s, fetched, frames) }
	}
	silent := func(concealed, starved uint64) func(*fleet.Snapshot) {
		return func(s *fleet.Snapshot) {
			playing(s, int64(starved), concealed)
			s.Speakers[0].Jitter.StarvedFrames = starved
		}
	}
	ending := func(received, silentMS uint64) func(*fleet.Snapshot) {
		return func(s *fleet.Snapshot) {
			silent(0, 441*silentMS/10)(s)
			s.Speakers[0].Jitter.Received, s.Speakers[0].Sender.Latency = received, 2*second
		}
	}
	stands := func(state player.State, reason string, proven bool) func(*fleet.Snapshot) {
		return func(s *fleet.Snapshot) {
			r := &s.Speakers[0].Renderers[0]
			r.State, r.Reason, r.Verified = state, reason, proven
		}
	}
	waits := stands(player.StateRetrying, "refused", false)
	waitsAway := func(s *fleet.Snapshot) { waits(s); away(s) }
	triesAgain := func(s *fleet.Snapshot) { playing(s, 0, 0); stands(player.StatePlaying, "another try", false)(s) }
	playsAgain := func(s *fleet.Snapshot) { playing(s, 0, 0); stands(player.StatePlaying, "another try", true)(s) }
	pausedByHand := func(s *fleet.Snapshot) { playing(s, 1, 0); s.Speakers[0].Renderers[0].Paused = true }
	inGroup := func(change func(*fleet.Snapshot)) func(*fleet.Snapshot) {
		return func(s *fleet.Snapshot) {
			change(s)
			sp := &s.Speakers[0]
			left := sp.Renderers[0]
			left.Name, left.UDN = "Left", "uuid:2"
			sp.Group = true
			sp.Renderers = []player.Snapshot{left, {Name: "Right", UDN: "uuid:3", Address: left.Address}}
		}
	}
	named := func(address string) func(*fleet.Snapshot) {
		return func(s *fleet.Snapshot) { s.Named = []netip.Addr{netip.MustParseAddr(address)} }
	}
	namedAway := func(s *fleet.Snapshot) { away(s); named("192.0.2.1")(s) }
	tests := map[string]struct {
		moments []moment
		want    []finding
	}{
		"all is well":     {[]moment{at(0, nil), at(minute, nil)}, nil},
		"no speaker":      {[]moment{at(0, func(s *fleet.Snapshot) { s.Speakers = nil })}, nil},
		"HTTP not open":   {[]moment{at(0, http(0, 7700))}, []finding{{monitor.CodeNoHTTP, "", 0}}},
		"HTTP moved":      {[]moment{at(0, http(7701, 7700)), at(minute, http(7701, 7700))}, []finding{{monitor.CodePortHeld, "7700/TCP", minute}}},
		"HTTP on any":     {[]moment{at(0, http(40000, 0))}, nil},
		"no interface":    {[]moment{at(0, noInterface), at(minute, noInterface)}, []finding{{monitor.CodeNoInterface, "", minute}}},
		"interface found": {[]moment{at(0, noInterface), at(minute, nil)}, nil},
		"interface lost":  {[]moment{at(0, nil), at(second, noEth1), at(minute, noEth1)}, []finding{{monitor.CodeInterfaceLost, "eth1", 59 * second}}},
		"interface back":  {[]moment{at(0, nil), at(second, noEth1), at(minute, nil)}, nil},
		"interface lost again": {
			[]moment{at(0, nil), at(second, noEth1), at(2*second, nil), at(minute, noEth1)},
			[]finding{{monitor.CodeInterfaceLost, "eth1", 0}},
		},
		"interface never there": {[]moment{at(0, noEth1), at(minute, noEth1)}, nil},
		"all interfaces lost": {
			[]moment{at(0, nil), at(second, noInterface)},
			[]finding{{monitor.CodeNoInterface, "", 0}, {monitor.CodeInterfaceLost, "eth0", 0}, {monitor.CodeInterfaceLost, "eth1", 0}},
		},
		"interface taken out": {[]moment{at(0, nil), at(second, noEth1), at(24*time.Hour, noEth1), at(24*time.Hour+second, noEth1)}, nil},

		"mDNS just starts":      {[]moment{at(0, mdnsAs(mdns.PortClosed, mdns.PortClosed))}, nil},
		"mDNS does not start":   {[]moment{at(0, mdnsAs(mdns.PortClosed, mdns.PortClosed)), at(5*second, mdnsAs(mdns.PortClosed, mdns.PortClosed))}, []finding{{monitor.CodeNotAnnounced, "5353/UDP", 5 * second}}},
		"5353 held":             {[]moment{at(0, mdnsAs(mdns.PortHeld, mdns.PortHeld)), at(minute, mdnsAs(mdns.PortHeld, mdns.PortAbsent))}, []finding{{monitor.CodeNotAnnounced, "5353/UDP", minute}}},
		"5353 held over IPv4":   {[]moment{at(0, mdnsAs(mdns.PortHeld, mdns.PortOK))}, []finding{{monitor.CodePortHeld, "5353/UDP over IPv4", 0}}},
		"5353 fails over IPv6":  {[]moment{at(0, mdnsAs(mdns.PortShared, mdns.PortFailed))}, []finding{{monitor.CodePortHeld, "5353/UDP over IPv6", 0}}},
		"no IPv6":               {[]moment{at(0, mdnsAs(mdns.PortOK, mdns.PortAbsent))}, nil},
		"5353 taken over":       {[]moment{at(0, nil), at(second, mdnsAs(mdns.PortHeld, mdns.PortOK)), at(3*second, mdnsAs(mdns.PortHeld, mdns.PortOK))}, []finding{{monitor.CodePortHeld, "5353/UDP over IPv4", 2 * second}}},
		"5353 free again":       {[]moment{at(0, mdnsAs(mdns.PortHeld, mdns.PortOK)), at(second, nil)}, nil},
		"5353 held, raw beside": {[]moment{at(0, mdnsAs(mdns.PortRaw, mdns.PortRaw)), at(minute, mdnsAs(mdns.PortAvahi, mdns.PortAvahi))}, nil},
		"unheard":               {[]moment{at(0, unheard), at(minute, unheard)}, []finding{{monitor.CodeMDNSUnheard, "5353/UDP over IPv4", minute}}},
		"not asked yet":         {[]moment{at(0, func(s *fleet.Snapshot) { s.MDNS.HeardIPv4 = mdns.Hearing{} })}, nil},
		"unheard for it is held": {
			[]moment{at(0, func(s *fleet.Snapshot) { unheard(s); s.MDNS.IPv4 = mdns.PortHeld })},
			[]finding{{monitor.CodePortHeld, "5353/UDP over IPv4", 0}},
		},

		"1900 held, not wanted": {[]moment{at(0, listening(settings.SSDPListenOff, ssdp.MethodOff))}, nil},
		"1900 held":             {[]moment{at(0, listening(settings.SSDPListenAuto, ssdp.MethodOff))}, []finding{{monitor.CodePortHeld, "1900/UDP", 0}}},
		"1900 held, raw beside": {[]moment{at(0, listening(settings.SSDPListenAuto, ssdp.MethodRaw))}, nil},

		"speaker attached":         {[]moment{at(0, away), at(4*second, away)}, nil},
		"speaker lost":             {[]moment{at(0, nil), at(second, away), at(minute, away)}, []finding{{monitor.CodeSpeakerLost, "Kitchen", 59 * second}}},
		"speaker back":             {[]moment{at(0, away), at(minute, nil)}, nil},
		"named speaker there":      {[]moment{at(0, named("192.0.2.1")), at(minute, named("192.0.2.1"))}, nil},
		"named speaker not yet":    {[]moment{at(0, named("192.0.2.9")), at(29*second, named("192.0.2.9"))}, nil},
		"named speaker silent":     {[]moment{at(0, named("192.0.2.9")), at(30*second, named("192.0.2.9"))}, []finding{{monitor.CodeNamedSpeakerSilent, "192.0.2.9", 30 * second}}},
		"named speaker comes":      {[]moment{at(0, named("192.0.2.9")), at(minute, named("192.0.2.9")), at(2*minute, named("192.0.2.1"))}, nil},
		"named speaker goes":       {[]moment{at(0, named("192.0.2.1")), at(second, namedAway), at(minute, namedAway)}, []finding{{monitor.CodeSpeakerLost, "Kitchen", 59 * second}}},
		"named speaker taken off":  {[]moment{at(0, named("192.0.2.1")), at(second, func(s *fleet.Snapshot) { named("192.0.2.1")(s); s.Speakers = nil }), at(minute, func(s *fleet.Snapshot) { named("192.0.2.1")(s); s.Speakers = nil })}, []finding{{monitor.CodeNamedSpeakerSilent, "192.0.2.1", 59 * second}}},
		"named by an IPv4 in IPv6": {[]moment{at(0, named("::ffff:192.0.2.1")), at(minute, named("::ffff:192.0.2.1"))}, nil},
		"speaker given up":         {[]moment{at(0, away), at(minute, func(s *fleet.Snapshot) { s.Speakers = nil })}, nil},
		"stream is fetched":        {[]moment{at(0, fetched(1)), at(20*second, fetched(2)), at(40*second, fetched(3))}, nil},
		"stream is left alone":     {[]moment{at(0, fetched(1)), at(second, fetched(2)), at(21*second, fetched(2))}, []finding{{monitor.CodeStreamNotFetched, "Kitchen", 0}}},
		"stream never fetched":     {[]moment{at(0, fetched(0)), at(20*second, fetched(0)), at(21*second, fetched(0))}, []finding{{monitor.CodeStreamNotFetched, "Kitchen", second}}},
		"stream for a moment":      {[]moment{at(0, fetched(1)), at(19*second, fetched(1))}, nil},
		"fetched again":            {[]moment{at(0, fetched(1)), at(minute, fetched(1)), at(2*minute, fetched(2))}, nil},
		"stopped":                  {[]moment{at(0, fetched(1)), at(minute, fetched(1)), at(2*minute, nil), at(2*minute+second, fetched(1))}, nil},
		"a new stream": {[]moment{at(0, fetched(0)), at(19*second, func(s *fleet.Snapshot) {
			playing(s, 0, 0)
			s.Speakers[0].Renderers[0].Stream.Opened = start.Add(10 * second)
		}), at(21*second, fetched(0))}, nil},
		"a little is missing":     {[]moment{at(0, missing(0, 0)), at(10*second, missing(1, 44100)), at(11*second, missing(2, 44100))}, nil},
		"much is missing":         {[]moment{at(0, missing(0, 0)), at(10*second, missing(1, 44101)), at(15*second, missing(2, 44101))}, []finding{{monitor.CodeSoundLost, "Kitchen", 5 * second}}},
		"missing no more":         {[]moment{at(0, missing(0, 0)), at(10*second, missing(1, 99999)), at(20*second, missing(2, 99999))}, nil},
		"missing before":          {[]moment{at(0, missing(0, 99999)), at(10*second, missing(1, 99999))}, nil},
		"the sender is silent":    {[]moment{at(0, silent(0, 0)), at(10*second, silent(1, 44101)), at(15*second, silent(1, 44102))}, []finding{{monitor.CodeSenderSilent, "Kitchen", 5 * second}}},
		"the sender may end":      {[]moment{at(0, ending(1, 0)), at(10*second, ending(1, 1700)), at(15*second, nil)}, nil},
		"the sender does not end": {[]moment{at(0, ending(1, 0)), at(10*second, ending(1, 1700)), at(12*second, ending(1, 3700))}, []finding{{monitor.CodeSenderSilent, "Kitchen", 0}}},
		"the sender goes on":      {[]moment{at(0, ending(1, 0)), at(10*second, ending(1, 1700)), at(12*second, ending(2, 1800))}, []finding{{monitor.CodeSenderSilent, "Kitchen", 0}}},
		"more lost than silent":   {[]moment{at(0, silent(0, 0)), at(10*second, silent(44101, 44100))}, []finding{{monitor.CodeSoundLost, "Kitchen", 0}}},
		"the sender pauses":       {[]moment{at(0, silent(0, 0)), at(10*second, silent(0, 1)), at(15*second, nil)}, nil},
		"refuses, for a moment":   {[]moment{at(0, waits), at(4*second, triesAgain), at(6*second, playsAgain)}, nil},
		"refuses":                 {[]moment{at(0, waits), at(5*second, waits)}, []finding{{monitor.CodeSpeakerRefuses, "Kitchen", 5 * second}}},
		"refuses again and again": {[]moment{at(0, waits), at(2*second, triesAgain), at(5*second, waits), at(9*second, triesAgain)}, []finding{{monitor.CodeSpeakerRefuses, "Kitchen", 9 * second}}},
		"takes it at last":        {[]moment{at(0, waits), at(5*second, waits), at(9*second, playsAgain)}, nil},
		"the sender gave up":      {[]moment{at(0, waits), at(5*second, waits), at(9*second, nil)}, nil},
		"is away, and waited for": {[]moment{at(0, waitsAway), at(5*second, waitsAway)}, []finding{{monitor.CodeSpeakerLost, "Kitchen", 5 * second}}},
		"stopped by hand":         {[]moment{at(0, stands(player.StateReleased, "stopped again", false))}, []finding{{monitor.CodeSpeakerTaken, "Kitchen", 0}}},
		"paused by hand":          {[]moment{at(0, pausedByHand), at(minute, pausedByHand)}, []finding{{monitor.CodeSpeakerTaken, "Kitchen", minute}}},
		"given back":              {[]moment{at(0, stands(player.StateReleased, "stopped again", false)), at(second, playsAgain)}, nil},
		"a member refuses":        {[]moment{at(0, inGroup(waits)), at(5*second, inGroup(waits))}, []finding{{monitor.CodeSpeakerRefuses, "Kitchen > Left", 5 * second}}},
		"a member is stopped":     {[]moment{at(0, inGroup(stands(player.StateReleased, "stopped again", false)))}, []finding{{monitor.CodeSpeakerTaken, "Kitchen > Left", 0}}},
		"a new session":           {[]moment{at(0, missing(0, 99999)), at(10*second, missing(1, 5)), at(20*second, missing(2, 6))}, nil},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			var got []finding
			for _, c := range raisedAfter(test.moments) {
				got = append(got, finding{c.Code, c.Subject, c.Age(start.Add(test.moments[len(test.moments)-1].after))})
				if c.Seen == "" || c.Do == "" {
					t.Errorf("want what was seen and what to do, got %+v", c)
				}
			}
			if !slices.Equal(test.want, got) {
				t.Errorf("want %v, got %v", test.want, got)
			}
		})
	}
}

func TestMissing(t *testing.T) {
	tests := map[string]struct {
		change func(*fleet.Snapshot)
		want   []monitor.Code
	}{
		"nothing":           {func(*fleet.Snapshot) {}, nil},
		"a speaker is away": {func(s *fleet.Snapshot) { s.Speakers[0].Renderers[0].Address = "" }, nil},
		"no speaker":        {func(s *fleet.Snapshot) { s.Speakers = nil }, nil},
		"1900 is held": {func(s *fleet.Snapshot) {
			s.Listening = ssdp.ListenerState{Mode: settings.SSDPListenAuto, Err: errors.New("in use")}
		}, nil},
		"HTTP moved":           {func(s *fleet.Snapshot) { s.HTTP.Port = 7701 }, nil},
		"unheard":              {func(s *fleet.Snapshot) { s.MDNS.HeardIPv4.Heard = false }, nil},
		"mDNS over IPv6 alone": {func(s *fleet.Snapshot) { s.MDNS.IPv4 = mdns.PortHeld }, nil},
		"HTTP":                 {func(s *fleet.Snapshot) { s.HTTP.Port = 0 }, []monitor.Code{monitor.CodeNoHTTP}},
		"interface":            {func(s *fleet.Snapshot) { s.Interfaces = nil }, []monitor.Code{monitor.CodeNoInterface}},
		"mDNS":                 {func(s *fleet.Snapshot) { s.MDNS = mdns.Stats{} }, []monitor.Code{monitor.CodeNotAnnounced}},
		"everything":           {func(s *fleet.Snapshot) { *s = fleet.Snapshot{} }, []monitor.Code{monitor.CodeNoHTTP, monitor.CodeNoInterface, monitor.CodeNotAnnounced}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := well()
			test.change(&s)
			var got []monitor.Code
			for _, c := range monitor.Missing(s) {
				got = append(got, c.Code)
				if c.Code.Severity() != monitor.SeverityBlocking {
					t.Errorf("want %v to block", c.Code)
				}
			}
			if !slices.Equal(test.want, got) {
				t.Errorf("want %v, got %v", test.want, got)
			}
		})
	}
}

// The words of a condition say why, as log and page show it.
func TestWhy(t *testing.T) {
	deaf := func(s *fleet.Snapshot) {
		playing(s, 1, 99999)
		s.Speakers[0].Jitter.IgnoresResends = true
	}
	refuses := func(s *fleet.Snapshot) {
		r := &s.Speakers[0].Renderers[0]
		r.State, r.Reason = player.StateRetrying, "UPnP error 714"
	}
	taken := func(s *fleet.Snapshot) {
		r := &s.Speakers[0].Renderers[0]
		r.State, r.Reason = player.StateReleased, "another controller plays x-rincon:1"
	}
	tests := map[string]struct {
		change func(*fleet.Snapshot)
		want   string
	}{
		"deaf":    {deaf, "answers no requests for lost packets"},
		"refuses": {refuses, "UPnP error 714"},
		"taken":   {taken, "another controller plays x-rincon:1"},
	}
	for name, test := range tests {
		got := raisedAfter([]moment{at(0, func(s *fleet.Snapshot) { test.change(s); s.Speakers[0].Jitter.ConcealedFrames = 0 }), at(10*time.Second, test.change)})
		if len(got) != 1 || !strings.Contains(got[0].Seen, test.want) {
			t.Errorf("%s: want %q seen, got %+v", name, test.want, got)
		}
	}
}

func TestCodes(t *testing.T) {
	for _, k := range monitor.Codes() {
		text, err := k.MarshalText()
		var got monitor.Code
		if err = errors.Join(err, got.UnmarshalText(text)); err != nil || got != k {
			t.Errorf("want %v back, got %v, %v", k, got, err)
		}
	}
	if err := new(monitor.Code).UnmarshalText([]byte("bad weather")); err == nil {
		t.Error("want an error for what is none")
	}
}

// The document lists every code, and no other.
func TestDocument(t *testing.T) {
	golden.Table(t, "../../docs/API.md", "conditions", monitor.Markdown())
}

// Each code has everything that people read about it.
func TestTexts(t *testing.T) {
	for _, c := range monitor.Codes() {
		if c.Title() == "" || strings.HasSuffix(c.Title(), ".") {
			t.Errorf("%v: want a title without a full stop, got %q", c, c.Title())
		}
	}
}

// The JSON of a condition has what its code alone says.
func TestConditionJSON(t *testing.T) {
	got, err := json.Marshal(monitor.Condition{Code: monitor.CodePortHeld, Subject: "1900/UDP", Seen: "seen"})
	want := `{"code":"port-held","severity":"notice","title":"Another program has the port","subject":"1900/UDP","seen":"seen"}`
	if err != nil || string(got) != want {
		t.Errorf("want %s, got %s, %v", want, got, err)
	}
	var back monitor.Condition
	if err := json.Unmarshal(got, &back); err != nil || back.Code != monitor.CodePortHeld || back.Seen != "seen" {
		t.Errorf("want it read back, got %+v, %v", back, err)
	}
}

// A state directory that cannot be written is said once, with the cure.
func TestStateNotKept(t *testing.T) {
	denied := func(s *fleet.Snapshot) { s.MemoryErr = fs.ErrPermission }
	got := raisedAfter([]moment{at(0, denied), at(time.Hour, denied)})
	if len(got) != 1 || got[0].Code != monitor.CodeStateNotKept || !strings.Contains(got[0].Do, "chown 65532:65532") {
		t.Errorf("want the condition once, with its cure, got %+v", got)
	}
	if got := raisedAfter([]moment{at(0, denied), at(time.Hour, func(*fleet.Snapshot) {})}); len(got) != 0 {
		t.Errorf("want it gone when the directory can be written, got %+v", got)
	}
}
