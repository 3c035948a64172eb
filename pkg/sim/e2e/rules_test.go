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

// offeredNames are those of the speakers that are offered now.
func (sim *simulation) offeredNames() []string {
	var all []string
	for _, s := range sim.Daemon.Snapshot().Speakers {
		all = append(all, s.Name)
	}
	return all
}

// rulesVariable has a rule for each speaker.
const rulesVariable = `BREEZEWAY_RULES=*: skip; Plain: include; model=*software* & name=Wave: include, codec=wav;
	Bar: include, rename="Living: Bar"; Secret: include, password=sesame;
	Greedy: include, takeover=always; Patient: include, latency=3s, preroll=2s`

func TestRules(t *testing.T) {
	t.Parallel()
	var speakers []speaker.Options
	for _, name := range []string{"Plain", "Hidden", "Wave", "Bar", "Secret", "Greedy", "Patient"} {
		speakers = append(speakers, speaker.Options{Name: name})
	}
	sim := startSimulation(t, []string{"BREEZEWAY_TAKEOVER=never", rulesVariable}, speakers...)
	want := []string{"Greedy", "Living: Bar", "Patient", "Plain", "Secret", "Wave"}
	sim.eventually("all but one are offered", func() bool { return len(sim.offeredNames()) == len(want) })
	t.Run("each", func(t *testing.T) {
		for name, test := range map[string]func(sim *simulation){
			"codec":    wantCodecRule,
			"password": wantPasswordRule,
			"takeover": wantTakeoverRule,
			"preroll":  wantPrerollRule,
		} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				test(sim.forSubtest(t))
			})
		}
	})
	if got := sim.offeredNames(); !slices.Equal(want, got) {
		t.Errorf("want these offered: %q, got %q", want, got)
	}
}

func wantCodecRule(sim *simulation) {
	to := sim.waitOffered("Wave")
	sim.connectSender(to, sender.Options{}).sendUntilPlaying(sim, sim.Speakers[2])
	if got := sim.snapshot(to.UDN).Nearest().Codec; got != audio.WAV {
		sim.t.Errorf("want WAV, got %v", got)
	}
	plain := sim.waitOffered("Plain")
	sim.connectSender(plain, sender.Options{}).sendUntilPlaying(sim, sim.Speakers[0])
	if got := sim.snapshot(plain.UDN).Nearest().Codec; got != audio.FLAC {
		sim.t.Errorf("want FLAC without a rule, got %v", got)
	}
}

// sendUntilPlaying sends sound until a speaker plays.
func (s testSender) sendUntilPlaying(sim *simulation, one *speaker.Speaker) {
	s.t.Helper()
	s.sendUntil(testMusic(1, waitTimeout), "the speaker plays", func() bool { return one.State() == speaker.Playing })
}

func wantPasswordRule(sim *simulation) {
	to := sim.waitOffered("Secret")
	wantRefusal(sim.t, rtsp.StatusUnauthorized, sim.newSender(to, sender.Options{}).Connect(sim.t.Context()))
	sim.connectSender(to, sender.Options{Password: "sesame"})
}

func wantTakeoverRule(sim *simulation) {
	for name, gets := range map[string]bool{"Greedy": true, "Living: Bar": false} {
		to := sim.waitOffered(name)
		sim.connectSender(to, sender.Options{})
		err := sim.newSender(to, sender.Options{Local: otherHost}).Connect(sim.t.Context())
		if gets {
			must(sim.t, err)
		} else {
			wantRefusal(sim.t, rtsp.StatusNotEnoughBandwidth, err)
		}
	}
}

func wantPrerollRule(sim *simulation) {
	to := sim.waitOffered("Patient")
	sim.connectSender(to, sender.Options{}).sendUntilPlaying(sim, sim.Speakers[6])
	if got := sim.snapshot(to.UDN).Nearest().StartDelay; got < 2*time.Second {
		sim.t.Errorf("want at least 2 s of silence ahead, got %v", got)
	}
}

// The format that a speaker plays is still known after a restart.
func TestStateIsKept(t *testing.T) {
	t.Parallel()
	profile, _ := speaker.FindProfile("flac-refuser")
	directory := t.TempDir()
	kept := filepath.Join(directory, "ways.json")
	for run, wanted := range []struct {
		done  func(*simulation) bool
		first bool // the first format tried is one that plays
	}{
		{func(*simulation) bool { _, err := os.Stat(kept); return err == nil }, false},
		{func(sim *simulation) bool { return sim.Speakers[0].Position() > time.Second }, true},
	} {
		sim := startSimulation(t, []string{longLatency, "BREEZEWAY_STATE_DIR=" + directory}, profile.On(speaker.Options{Name: "Kitchen"}))
		from := sim.connectSender(sim.waitOffered("Kitchen"), sender.Options{})
		from.sendUntil(testMusic(1, waitTimeout), "it plays", func() bool { return wanted.done(sim) })
		if got := len(sim.log.linesWith("another format is tried")) == 0; got != wanted.first {
			t.Errorf("start %d: want the right format at once %v, got %v after %d tries", run+1, wanted.first, got, countCalls(sim.Speakers[0], "Play"))
		}
		must(t, from.Teardown(t.Context()))
		sim.stop()
	}
}

// The log explains that the state directory cannot be written; the music plays.
func TestStateCannotBeKept(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	must(t, os.WriteFile(file, nil, 0o600))
	for name, directory := range map[string]string{
		"no directory": file,
		"not there":    filepath.Join(t.TempDir(), "nowhere"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sim := startSimulation(t, []string{longLatency, "BREEZEWAY_STATE_DIR=" + directory}, speaker.Options{Name: "Kitchen"})
			from := sim.connectSender(sim.waitOffered("Kitchen"), sender.Options{})
			from.sendUntil(testMusic(1, waitTimeout), "it is explained", func() bool {
				return len(sim.log.linesWith(`"level":"warn"`, "cannot save what was learned")) > 0
			})
			if got := sim.Speakers[0].State(); got != speaker.Playing {
				t.Errorf("want the speaker playing, got %v", got)
			}
		})
	}
}

// A speaker with AirPlay of its own is not offered a second time, unless a rule or
// BREEZEWAY_SKIP_NATIVE says so.
func TestSpeakersWithAirPlayAreSkipped(t *testing.T) {
	for _, tt := range []struct {
		variable string
		want     []string
	}{
		{"auto", []string{"Bar"}},
		{"off", []string{"Bar", "Kitchen"}},
	} {
		t.Run(tt.variable, func(t *testing.T) {
			t.Parallel()
			sim := startSimulation(t, []string{"BREEZEWAY_SKIP_NATIVE=" + tt.variable, "BREEZEWAY_RULES=Bar: include"},
				speaker.Options{Name: "Kitchen"}, speaker.Options{Name: "Bar"})
			announcer := mdns.New(mdns.Options{
				Hostname: "speakers", Interfaces: sim.Daemon.Interfaces, Port: sim.MDNSPort, Log: zerolog.Nop(),
			})
			// On loopback all speakers are at one address.
			announcer.Publish(mdns.Service{
				Instance: "0123456789AB@Kitchen", Type: "_raop._tcp", Port: 7000, TXT: []string{"am=AppleTV3,2", "tp=UDP"},
			})
			sim.runInBackground(announcer.Run)
			sim.eventually("it is seen", func() bool { return sim.Daemon.HasAirPlay(demo.Loopback) })
			sim.eventually("only what is wanted is offered", func() bool { return slices.Equal(tt.want, sim.offeredNames()) })
			<-time.After(settleTime)
			if got := sim.offeredNames(); !slices.Equal(tt.want, got) {
				t.Errorf("want %q, got %q", tt.want, got)
			}
		})
	}
}
