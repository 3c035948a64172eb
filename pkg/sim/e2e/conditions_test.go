package e2e_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/monitor"
	"github.com/breezeway-audio/breezeway/pkg/sim/sender"
	"github.com/breezeway-audio/breezeway/pkg/sim/speaker"
	"github.com/breezeway-audio/breezeway/pkg/web"
)

// An interruption is one way in which the sound stops while a sender plays.
type interruption struct {
	speaker   speaker.Options
	sender    sender.Options
	interrupt func(sim *simulation, playback *activePlayback) // nil: there is no sound from the beginning
	code      monitor.Code
	seen      string // part of the condition's text
}

// An activePlayback is a sender that plays to a speaker until a test interrupts it.
type activePlayback struct {
	speaker *speaker.Speaker
	leave   func() // stops the speaker
	pause   func() // stops the sender's packets
}

// interruptions are by the reason that log, page and metrics have to give.
var interruptions = map[string]interruption{
	"the network loses packets": {sender: sender.Options{Loss: 0.5, NoResend: true}, code: monitor.CodeSoundLost, seen: "did not arrive"},
	"the sender says nothing":   {interrupt: func(_ *simulation, playback *activePlayback) { playback.pause() }, code: monitor.CodeSenderSilent, seen: "nothing arrived"},
	"the speaker refuses": {
		speaker: speaker.Options{Fault: func(_, action string) int { return map[string]int{"Play": 501}[action] }},
		code:    monitor.CodeSpeakerRefuses, seen: "501",
	},
	"the speaker leaves": {interrupt: func(_ *simulation, playback *activePlayback) { playback.leave() }, code: monitor.CodeSpeakerLost, seen: "does not answer"},
	"paused at the speaker": {
		interrupt: func(sim *simulation, playback *activePlayback) { sim.userAt(playback.speaker).press("Pause") },
		code:      monitor.CodeSpeakerTaken, seen: "paused the speaker",
	},
	"stopped at the speaker": {
		interrupt: func(sim *simulation, playback *activePlayback) {
			user := sim.userAt(playback.speaker)
			sim.eventually("it is seen to play", func() bool { return playback.speaker.Position() > 4*time.Second })
			user.press("Stop")
			sim.eventually("it is started again", func() bool { return len(sim.log.linesWith("speaker plays")) > 1 })
			user.press("Stop")
		},
		code: monitor.CodeSpeakerTaken, seen: "stopped again",
	},
	"another app plays": {
		interrupt: func(sim *simulation, playback *activePlayback) {
			radio := httptest.NewServer(http.NotFoundHandler())
			sim.t.Cleanup(radio.Close)
			sim.userAt(playback.speaker).play(radio.URL + "/radio")
		},
		code: monitor.CodeSpeakerTaken, seen: "another controller plays http",
	},
}

// Whenever the sound stops while a sender plays, the log, the page's status and
// the metrics say why.
func TestConditionSaysWhyTheSoundStopped(t *testing.T) {
	for name, s := range interruptions {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sim := startSimulation(t, []string{"BREEZEWAY_LATENCY=500ms"})
			s.speaker.Name = "Kitchen"
			one, leave := sim.addSpeaker(s.speaker)
			from := sim.connectSender(sim.waitOffered("Kitchen"), s.sender)
			playback := &activePlayback{speaker: one, leave: leave, pause: from.keepPlaying(testMusic(1, 3*waitTimeout))}
			if s.interrupt != nil {
				sim.eventually("the bridge has seen it play", func() bool { return len(sim.log.linesWith("speaker plays")) > 0 })
				s.interrupt(sim, playback)
			}
			var seen monitor.Condition
			sim.eventually("the status says why: "+s.code.String(), func() (ok bool) {
				seen, ok = sim.condition(s.code)
				return ok && strings.Contains(seen.Seen, s.seen)
			})
			sim.eventually("the log says why", func() bool { return len(sim.log.linesWith("condition raised", `"`+s.code.String()+`"`)) == 1 })
			_, metrics := sim.httpGet(web.MetricsPath, "localhost")
			for _, want := range []string{
				`breezeway_conditions{code="` + s.code.String() + `",severity="` + s.code.Severity().String() + `"} 1`,
				`breezeway_condition_age_seconds{code="` + s.code.String() + `",subject="Kitchen"} `,
			} {
				if !strings.Contains(metrics, want) {
					t.Errorf("want %s in the metrics, got %s", want, metrics)
				}
			}
		})
	}
}

// condition is the first one with that code in the status.
func (sim *simulation) condition(code monitor.Code) (monitor.Condition, bool) {
	sim.t.Helper()
	_, body := sim.httpGet(web.StatusPath, "localhost")
	var status web.Status
	must(sim.t, json.Unmarshal([]byte(body), &status))
	i := slices.IndexFunc(status.Conditions, func(c monitor.Condition) bool { return c.Code == code })
	if i < 0 {
		return monitor.Condition{}, false
	}
	return status.Conditions[i], true
}
