package e2e_test

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/breezeway-audio/breezeway/pkg/airplay/mdns"
	"github.com/breezeway-audio/breezeway/pkg/airplay/rtsp"
	"github.com/breezeway-audio/breezeway/pkg/audio"
	"github.com/breezeway-audio/breezeway/pkg/sim/demo"
	"github.com/breezeway-audio/breezeway/pkg/sim/sender"
	"github.com/breezeway-audio/breezeway/pkg/sim/speaker"
)

// names are those of the speakers that are offered now.
func (p *production) names() []string {
	var all []string
	for _, s := range p.Daemon.Snapshot().Speakers {
		all = append(all, s.Name)
	}
	return all
}

// ruled has one setting for each speaker.
const ruled = `BREEZEWAY_RULES=*: skip; Plain: include; model=*software* & name=Wave: include, codec=wav;
	Bar: include, rename="Living: Bar"; Secret: include, password=sesame;
	Greedy: include, takeover=always; Patient: include, latency=3s, preroll=2s`

func TestRules(t *testing.T) {
	t.Parallel()
	var speakers []speaker.Options
	for _, name := range []string{"Plain", "Hidden", "Wave", "Bar", "Secret", "Greedy", "Patient"} {
		speakers = append(speakers, speaker.Options{Name: name})
	}
	p := stand(t, []string{"BREEZEWAY_TAKEOVER=never", ruled}, speakers...)
	want := []string{"Greedy", "Living: Bar", "Patient", "Plain", "Secret", "Wave"}
	p.eventually("all but one are offered", func() bool { return len(p.names()) == len(want) })
	t.Run("each", func(t *testing.T) {
		for name, test := range map[string]func(p *production){
			"codec":    wantWave,
			"password": wantPassword,
			"takeover": wantTakeover,
			"preroll":  wantPatience,
		} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				test(p.in(t))
			})
		}
	})
	if got := p.names(); !slices.Equal(want, got) {
		t.Errorf("want these offered: %q, got %q", want, got)
	}
}

func wantWave(p *production) {
	to := p.offered("Wave")
	p.connect(to, sender.Options{}).playUntilHeard(p, p.Speakers[2])
	if got := p.shown(to.UDN).Nearest().Codec; got != audio.WAV {
		p.t.Errorf("want WAV, got %v", got)
	}
	plain := p.offered("Plain")
	p.connect(plain, sender.Options{}).playUntilHeard(p, p.Speakers[0])
	if got := p.shown(plain.UDN).Nearest().Codec; got != audio.FLAC {
		p.t.Errorf("want FLAC without a rule, got %v", got)
	}
}

// playUntilHeard sends sound until a speaker plays.
func (s source) playUntilHeard(p *production, one *speaker.Speaker) {
	s.t.Helper()
	s.playLong(tune(1, patience), "the speaker plays", func() bool { return one.State() == speaker.Playing })
}

func wantPassword(p *production) {
	to := p.offered("Secret")
	wantRefusal(p.t, rtsp.StatusUnauthorized, p.newSource(to, sender.Options{}).Connect(p.t.Context()))
	p.connect(to, sender.Options{Password: "sesame"})
}

func wantTakeover(p *production) {
	for name, gets := range map[string]bool{"Greedy": true, "Living: Bar": false} {
		to := p.offered(name)
		p.connect(to, sender.Options{})
		err := p.newSource(to, sender.Options{Local: otherHost}).Connect(p.t.Context())
		if gets {
			must(p.t, err)
		} else {
			wantRefusal(p.t, rtsp.StatusNotEnoughBandwidth, err)
		}
	}
}

func wantPatience(p *production) {
	to := p.offered("Patient")
	p.connect(to, sender.Options{}).playUntilHeard(p, p.Speakers[6])
	if got := p.shown(to.UDN).Nearest().StartDelay; got < 2*time.Second {
		p.t.Errorf("want at least 2 s of silence ahead, got %v", got)
	}
}

// What was found out about a speaker is known after a restart.
func TestStateIsKept(t *testing.T) {
	t.Parallel()
	profile, _ := speaker.FindProfile("flac-refuser")
	directory := t.TempDir()
	kept := filepath.Join(directory, "ways.json")
	for run, wanted := range []struct {
		done  func(*production) bool
		first bool // way is tried that plays
	}{
		{func(*production) bool { _, err := os.Stat(kept); return err == nil }, false},
		{func(p *production) bool { return p.Speakers[0].Position() > time.Second }, true},
	} {
		p := stand(t, []string{roomy, "BREEZEWAY_STATE_DIR=" + directory}, profile.On(speaker.Options{Name: "Kitchen"}))
		from := p.connect(p.offered("Kitchen"), sender.Options{})
		from.playLong(tune(1, patience), "it plays", func() bool { return wanted.done(p) })
		if got := len(p.lines.with("another format is tried")) == 0; got != wanted.first {
			t.Errorf("start %d: want the right way at once %v, got %v after %d tries", run+1, wanted.first, got, did(p.Speakers[0], "Play"))
		}
		must(t, from.Teardown(t.Context()))
		p.stop()
	}
}

// A directory that cannot be written is explained, and nothing else suffers.
func TestStateCannotBeKept(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	must(t, os.WriteFile(file, nil, 0o600))
	for name, directory := range map[string]string{
		"no directory": file,
		"not there":    filepath.Join(t.TempDir(), "nowhere"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := stand(t, []string{roomy, "BREEZEWAY_STATE_DIR=" + directory}, speaker.Options{Name: "Kitchen"})
			from := p.connect(p.offered("Kitchen"), sender.Options{})
			from.playLong(tune(1, patience), "it is explained", func() bool {
				return len(p.lines.with(`"level":"warn"`, "could not be kept")) > 0
			})
			if got := p.Speakers[0].State(); got != speaker.Playing {
				t.Errorf("want the speaker playing, got %v", got)
			}
		})
	}
}

// A speaker that speaks AirPlay itself is not offered a second time, unless a
// rule or the variable says so.
func TestNativeSpeakers(t *testing.T) {
	for _, tt := range []struct {
		variable string
		want     []string
	}{
		{"auto", []string{"Bar"}},
		{"off", []string{"Bar", "Kitchen"}},
	} {
		t.Run(tt.variable, func(t *testing.T) {
			t.Parallel()
			p := stand(t, []string{"BREEZEWAY_SKIP_NATIVE=" + tt.variable, "BREEZEWAY_RULES=Bar: include"},
				speaker.Options{Name: "Kitchen"}, speaker.Options{Name: "Bar"})
			announcer := mdns.New(mdns.Options{
				Hostname: "speakers", Interfaces: p.Daemon.Interfaces, Port: p.MDNSPort, Log: zerolog.Nop(),
			})
			// On loopback all speakers are at one address.
			announcer.Publish(mdns.Service{
				Instance: "0123456789AB@Kitchen", Type: "_raop._tcp", Port: 7000, TXT: []string{"am=AppleTV3,2", "tp=UDP"},
			})
			p.beside(announcer.Run)
			p.eventually("it is seen", func() bool { return p.Daemon.HasAirPlay(demo.Loopback) })
			p.eventually("only what is wanted is offered", func() bool { return slices.Equal(tt.want, p.names()) })
			<-time.After(calm)
			if got := p.names(); !slices.Equal(tt.want, got) {
				t.Errorf("want %q, got %q", tt.want, got)
			}
		})
	}
}
