package web_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/breezeway-audio/breezeway/pkg/airplay/raop"
	"github.com/breezeway-audio/breezeway/pkg/audio"
	"github.com/breezeway-audio/breezeway/pkg/audio/jitter"
	"github.com/breezeway-audio/breezeway/pkg/audio/resample"
	"github.com/breezeway-audio/breezeway/pkg/bridge"
	"github.com/breezeway-audio/breezeway/pkg/bridge/fleet"
	"github.com/breezeway-audio/breezeway/pkg/bridge/player"
	"github.com/breezeway-audio/breezeway/pkg/dlna/stream"
	"github.com/breezeway-audio/breezeway/pkg/monitor"
	"github.com/breezeway-audio/breezeway/pkg/sim/golden"
	"github.com/breezeway-audio/breezeway/pkg/web"
)

//go:generate go test -run TestDocument -update .

// full is a household of which everything is known.
func full() web.Options {
	h := &household{}
	left := player.Snapshot{
		Name: "Left", Model: "One", UDN: "uuid:2", Codec: audio.FLAC, Address: "192.0.2.2", State: player.StatePlaying, Reason: "it plays", Class: "object.item.audioItem",
		Stream:     stream.Stats{Opened: time.Now(), BytesWritten: 9, BytesRead: 8, Requests: 7, Readers: 1, Overruns: 2, Behind: 3},
		StartDelay: time.Second, SoundingAfter: 2 * time.Second, Verified: true,
		Clock: player.Clock{Followed: true, GovernorStats: resample.GovernorStats{Measured: true, Learned: true, Target: time.Second, Delay: 1500 * time.Millisecond, PPM: -42.5}},
	}
	right := left
	right.UDN, right.State, right.Reason, right.OpenHome = "uuid:3", player.StateRetrying, "UPnP error 714", true
	group := bridge.Speaker{
		Name: "Both", ID: raop.ID{1}, UDN: "group", Group: true, Renderers: []player.Snapshot{left, right}, Spread: 30 * time.Millisecond,
		Began: time.Now(), Level: 0.25, Jitter: jitter.Stats{Received: 100, Recovered: 4, Lost: 3, Late: 2, ConcealedFrames: 44100, IgnoresResends: true, RetransmitWait: 1800 * time.Millisecond}, Undecodable: 5,
	}
	o := h.options()
	snapshot := o.Snapshot()
	snapshot.Speakers = []bridge.Speaker{group, kitchen(), {Name: "Kitchen", ID: raop.ID{9}, UDN: "uuid:9"}}
	o.Snapshot = snapshotOf(snapshot)
	o.Conditions = func() []monitor.Condition {
		lost := monitor.Condition{Code: monitor.CodeSpeakerLost, Subject: "Kitchen", Since: time.Now().Add(-time.Hour)}
		return []monitor.Condition{lost, lost, {Code: monitor.CodePortHeld, Subject: "1900/UDP"}} // two speakers of one name
	}
	return o
}

// scrape reads the metrics as Prometheus does.
func scrape(t *testing.T, o web.Options) map[string]*parsedFamily {
	t.Helper()
	status, body, header := ask(t, web.New(o), "GET", web.MetricsPath, "")
	if got := header.Get("Content-Type"); status != http.StatusOK || got != "text/plain; version=0.0.4; charset=utf-8" {
		t.Fatalf("want metrics, got %d %s", status, got)
	}
	families, err := parseExposition(body + "\n") // ask cuts it off
	if err != nil {
		t.Fatal(err)
	}
	byName := make(map[string]*parsedFamily)
	for _, f := range families {
		byName[f.name] = f
	}
	return byName
}

func TestMetrics(t *testing.T) {
	got := scrape(t, full())
	both, left := `id="010000000000",speaker="Both"`, `id="010000000000",speaker="Both",udn="uuid:2"`
	cases := map[string]struct {
		labels string
		want   float64
	}{
		"breezeway_build_info":                    {`version="1.2.3"`, 1},
		"breezeway_ready":                         {"", 1},
		"breezeway_speakers":                      {"", 3},
		"breezeway_conditions":                    {`code="speaker-lost",severity="warning"`, 2},
		"breezeway_speaker_playing":               {both, 1},
		"breezeway_speaker_state":                 {both + `,state="paused"`, 0},
		"breezeway_renderer_state_info":           {`id="010000000000",reason="UPnP error 714",speaker="Both",state="retrying",udn="uuid:3"`, 1},
		"breezeway_packets_received_total":        {both, 100},
		"breezeway_packets_lost_total":            {both, 3},
		"breezeway_packets_undecoded_total":       {both, 5},
		"breezeway_sound_concealed_seconds_total": {both, 1},
		"breezeway_sender_ignores_resends":        {both, 1},
		"breezeway_packet_wait_seconds":           {both, 1.8},
		"breezeway_volume_ratio":                  {both, 0.25},
		"breezeway_group_spread_seconds":          {both, 0.03},
		"breezeway_renderer_verified":             {left, 1},
		"breezeway_stream_read_bytes_total":       {left, 8},
		"breezeway_start_delay_seconds":           {left, 1},
		"breezeway_sounding_after_seconds":        {left, 2},
		"breezeway_delay_seconds":                 {left, 1.5},
		"breezeway_drift_ppm":                     {left, -42.5},
	}
	for name, c := range cases {
		f := got[name]
		if f == nil {
			t.Errorf("want %s", name)
			continue
		}
		if v, ok := f.series[c.labels]; !ok || v != c.want {
			t.Errorf("%s{%s}: want %v, got %v of %v", name, c.labels, c.want, v, f.series)
		}
	}
	age := got["breezeway_condition_age_seconds"].series[`code="speaker-lost",subject="Kitchen"`]
	if age < 3600 || age > 3700 {
		t.Errorf("want the age of an hour, got %v s", age)
	}
}

// Each state of a speaker is a series, and the page has a sentence for it.
func TestStates(t *testing.T) {
	series := scrape(t, full())["breezeway_speaker_state"].series
	for _, state := range player.States() {
		if v, ok := series[`id="010000000000",speaker="Both",state="`+state.String()+`"`]; !ok || (v == 1) != (state == player.StatePlaying) {
			t.Errorf("want a series for %s, got %v of %v", state, v, series)
		}
		h := &household{speaker: kitchen()}
		h.speaker.Renderers[0].State = state
		var got web.Status
		if _, body, _ := ask(t, web.New(h.options()), "GET", web.StatusPath, ""); json.Unmarshal([]byte(body), &got) != nil {
			t.Fatalf("want a status, got %s", body)
		}
		if !strings.Contains(web.StatesMarkdown(), "| `"+state.String()+"` | ") || strings.Contains(web.StatesMarkdown(), "|  |") {
			t.Errorf("%v: want its meaning in the document", state)
		}
		if text := got.Speakers[0].Text; (text == "") != (state == player.StateIdle) {
			t.Errorf("%s: want a sentence, got %q", state, text)
		}
	}
}

// The order does not change from scrape to scrape.
func TestMetricsAreStable(t *testing.T) {
	handler := web.New(full())
	_, first, _ := ask(t, handler, "GET", web.MetricsPath, "")
	_, second, _ := ask(t, handler, "GET", web.MetricsPath, "")
	names := func(text string) (list []string) {
		for line := range strings.Lines(text) {
			list = append(list, line[:strings.LastIndexByte(line, ' ')])
		}
		return list
	}
	if a, b := names(first), names(second); fmt.Sprint(a) != fmt.Sprint(b) {
		t.Errorf("want the same series in the same order, got %v and %v", a, b)
	}
}

func TestMetricsOfNothing(t *testing.T) {
	got := scrape(t, web.Options{
		Snapshot:   func() fleet.Snapshot { return fleet.Snapshot{} },
		Conditions: func() []monitor.Condition { return nil },
	})
	if got["breezeway_speakers"] == nil || got["breezeway_speaker_playing"] != nil {
		t.Errorf("want what is known alone, got %v", got)
	}
}

// What speakers, senders and other programs call themselves stays one label.
func FuzzMetrics(f *testing.F) {
	f.Add("Kitchen", "it plays", "1900/UDP")
	f.Add("a\"}\n# HELP x y\n", `\`, "\xff\xfe")
	f.Add(strings.Repeat("ä", 300), "\r\x00", "{}=,\u2028")
	f.Fuzz(func(t *testing.T, name, because, subject string) {
		o := (&household{speaker: bridge.Speaker{Name: name, UDN: subject, Renderers: []player.Snapshot{{State: player.State(len(because)), Reason: because, UDN: subject}}}}).options()
		o.Version = name
		o.Conditions = func() []monitor.Condition {
			return []monitor.Condition{{Code: monitor.CodeDoctorFinding, Subject: subject}, {Code: monitor.CodeDoctorFinding, Subject: name}}
		}
		recorder := answerOf(web.New(o), web.MetricsPath)
		families, err := parseExposition(recorder)
		if err != nil {
			t.Fatal(err)
		}
		want := strings.ToValidUTF8(name, "\uFFFD")
		for _, family := range families {
			for _, labels := range family.labels {
				got, ok := labels["speaker"]
				if ok && (!strings.HasPrefix(want, got) || len(got) < min(len(want), 253) || !utf8.ValidString(got)) {
					t.Errorf("%s: want the speaker %q, got %q", family.name, want, got)
				}
			}
		}
	})
}

// The documents list every metric and every state, and no other.
func TestDocument(t *testing.T) {
	golden.Table(t, "../../docs/API.md", "states", web.StatesMarkdown())
	golden.Table(t, "../../docs/METRICS.md", "metrics", web.MetricsMarkdown())
}

// Each row of the table has series when everything is known.
func TestMetricsAreComplete(t *testing.T) {
	got := scrape(t, full())
	for line := range strings.Lines(web.MetricsMarkdown()) {
		if name, _, ok := strings.Cut(strings.TrimPrefix(line, "| `"), "`"); ok && got[name] == nil {
			t.Errorf("want %s", name)
		}
	}
}

// answerOf asks without a network.
func answerOf(handler http.Handler, path string) string {
	request := httptest.NewRequest(http.MethodGet, "http://localhost"+path, nil)
	recorder := httptest.NewRecorder()
	handler.ServeHTTP(recorder, request)
	return recorder.Body.String()
}
