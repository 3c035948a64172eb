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

// A silenceOf is one way in which the sound stops while a sender plays.
type silenceOf struct {
	speaker speaker.Options
	sender  sender.Options
	befalls func(p *production, playing *playing) // nil: it is so from the beginning
	code    monitor.Code
	because string // part of what was seen
}

// playing is what a test makes silent.
type playing struct {
	speaker *speaker.Speaker
	leave   func() // has the speaker leave the network
	pause   func() // has the sender send nothing more
}

// silences are the reasons that the log, the page and the metrics tell.
var silences = map[string]silenceOf{
	"the network loses packets": {sender: sender.Options{Loss: 0.5, NoResend: true}, code: monitor.CodeSoundLost, because: "did not arrive"},
	"the sender says nothing":   {befalls: func(_ *production, pl *playing) { pl.pause() }, code: monitor.CodeSenderSilent, because: "nothing came"},
	"the speaker refuses": {
		speaker: speaker.Options{Fault: func(_, action string) int { return map[string]int{"Play": 501}[action] }},
		code:    monitor.CodeSpeakerRefuses, because: "501",
	},
	"the speaker leaves": {befalls: func(_ *production, pl *playing) { pl.leave() }, code: monitor.CodeSpeakerLost, because: "does not answer"},
	"paused at the speaker": {
		befalls: func(p *production, pl *playing) { p.handAt(pl.speaker).press("Pause") },
		code:    monitor.CodeSpeakerTaken, because: "paused the speaker",
	},
	"stopped at the speaker": {
		befalls: func(p *production, pl *playing) {
			h := p.handAt(pl.speaker)
			p.eventually("it is seen to play", func() bool { return pl.speaker.Position() > 4*time.Second })
			h.press("Stop")
			p.eventually("it is started again", func() bool { return len(p.lines.with("speaker plays")) > 1 })
			h.press("Stop")
		},
		code: monitor.CodeSpeakerTaken, because: "stopped again",
	},
	"another app plays": {
		befalls: func(p *production, pl *playing) {
			radio := httptest.NewServer(http.NotFoundHandler())
			p.t.Cleanup(radio.Close)
			p.handAt(pl.speaker).play(radio.URL + "/radio")
		},
		code: monitor.CodeSpeakerTaken, because: "another controller plays http",
	},
}

// Whenever the sound stops while a sender plays, the log, the page's status and
// the metrics say why.
func TestWhy(t *testing.T) {
	for name, s := range silences {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := stand(t, []string{"BREEZEWAY_LATENCY=500ms"})
			s.speaker.Name = "Kitchen"
			one, leave := p.join(s.speaker)
			from := p.connect(p.offered("Kitchen"), s.sender)
			playing := &playing{speaker: one, leave: leave, pause: from.keepPlaying(tune(1, 3*patience))}
			if s.befalls != nil {
				p.eventually("the bridge has seen it play", func() bool { return len(p.lines.with("speaker plays")) > 0 })
				s.befalls(p, playing)
			}
			var seen monitor.Condition
			p.eventually("the status says why: "+s.code.String(), func() (ok bool) {
				seen, ok = p.condition(s.code)
				return ok && strings.Contains(seen.Seen, s.because)
			})
			p.eventually("the log says why", func() bool { return len(p.lines.with("condition raised", `"`+s.code.String()+`"`)) == 1 })
			_, metrics := p.get(web.MetricsPath, "localhost")
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

// condition is one of a code that the status has.
func (p *production) condition(code monitor.Code) (monitor.Condition, bool) {
	p.t.Helper()
	_, body := p.get(web.StatusPath, "localhost")
	var status web.Status
	must(p.t, json.Unmarshal([]byte(body), &status))
	i := slices.IndexFunc(status.Conditions, func(c monitor.Condition) bool { return c.Code == code })
	if i < 0 {
		return monitor.Condition{}, false
	}
	return status.Conditions[i], true
}
