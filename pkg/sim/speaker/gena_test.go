package speaker_test

import (
	"encoding/xml"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/sim/speaker"
)

// A notification is one NOTIFY that a subscriber got.
type notification struct {
	sid, seq   string
	properties map[string]string
}

// subscriber listens to events.
func subscriber(t *testing.T) (callback string, notices <-chan notification) {
	t.Helper()
	c := make(chan notification, 100)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		var doc struct {
			Properties []struct {
				Variable struct {
					XMLName xml.Name
					Value   string `xml:",chardata"`
				} `xml:",any"`
			} `xml:"property"`
		}
		if err != nil || xml.Unmarshal(body, &doc) != nil || r.Method != "NOTIFY" || r.Header.Get("NTS") != "upnp:propchange" {
			t.Errorf("want a NOTIFY of properties, got %s %q", r.Method, body)
		}
		n := notification{sid: r.Header.Get("SID"), seq: r.Header.Get("SEQ"), properties: map[string]string{}}
		for _, p := range doc.Properties {
			n.properties[p.Variable.XMLName.Local] = p.Variable.Value
		}
		c <- n
	}))
	t.Cleanup(server.Close)
	return "<" + server.URL + "/events>", c
}

func next(t *testing.T, notices <-chan notification) notification {
	t.Helper()
	select {
	case n := <-notices:
		return n
	case <-time.After(waitTimeout):
		t.Fatal("timed out waiting for an event")
		return notification{}
	}
}

func subscribe(t *testing.T, s *speaker.Speaker, service string, header map[string]string) *http.Response {
	t.Helper()
	resp, _ := do(t, "SUBSCRIBE", base(s)+"/"+service+"/event", header, "")
	return resp
}

func subscribeHeader(callback string) map[string]string {
	return map[string]string{"CALLBACK": callback, "NT": "upnp:event", "TIMEOUT": "Second-300"}
}

func TestEventsTellEveryVariableThenTheChanges(t *testing.T) {
	s := start(t, speaker.Options{Volume: 20})
	callback, notices := subscriber(t)
	resp := subscribe(t, s, "RenderingControl", subscribeHeader(callback))
	sid := resp.Header.Get("SID")
	if resp.StatusCode != http.StatusOK || !strings.HasPrefix(sid, "uuid:") || resp.Header.Get("TIMEOUT") != "Second-300" {
		t.Fatalf("want a subscription of 300 s, got %s, SID %q, TIMEOUT %q", resp.Status, sid, resp.Header.Get("TIMEOUT"))
	}
	first := next(t, notices)
	checkNotice(t, first, sid, "0", `<Volume channel="Master" val="20"/><Mute channel="Master" val="0"/>`)

	s.SetVolume(20) // no change, no event
	s.SetVolume(21)
	s.SetMute(true)
	checkNotice(t, next(t, notices), sid, "1", `<InstanceID val="0"><Volume channel="Master" val="21"/></InstanceID>`)
	checkNotice(t, next(t, notices), sid, "2", `<InstanceID val="0"><Mute channel="Master" val="1"/></InstanceID>`)

	resp, _ = do(t, "UNSUBSCRIBE", base(s)+"/RenderingControl/event", map[string]string{"SID": sid}, "")
	if want, got := http.StatusOK, resp.StatusCode; want != got {
		t.Errorf("UNSUBSCRIBE: want %d, got %d", want, got)
	}
	if want, got := 0, s.Subscriptions(); want != got {
		t.Errorf("want %d subscriptions, got %d", want, got)
	}
}

func checkNotice(t *testing.T, n notification, sid, seq, part string) {
	t.Helper()
	if n.sid != sid || n.seq != seq {
		t.Errorf("want event %s of %s, got %s of %s", seq, sid, n.seq, n.sid)
	}
	if got := n.properties["LastChange"]; !strings.Contains(got, part) {
		t.Errorf("want %s in LastChange, got %s", part, got)
	}
}

func TestTransportEventsInTheirOrder(t *testing.T) {
	s := start(t, speaker.Options{})
	callback, notices := subscriber(t)
	subscribe(t, s, "AVTransport", subscribeHeader(callback))
	checkState := func(want string) {
		t.Helper()
		got := next(t, notices).properties["LastChange"]
		if !strings.Contains(got, `<TransportState val="`+want+`"/>`) {
			t.Fatalf("want TransportState %s, got %s", want, got)
		}
	}
	checkState("NO_MEDIA_PRESENT")
	play(t, s, live(t))
	checkState("STOPPED")
	checkState("TRANSITIONING")
	checkState("PLAYING")
	mustCall(t, s, "AVTransport", "Pause", "InstanceID", "0")
	checkState("PAUSED_PLAYBACK")
	mustCall(t, s, "AVTransport", "Stop", "InstanceID", "0")
	checkState("STOPPED")
}

func TestConnectionManagerEventsPlainVariables(t *testing.T) {
	s := start(t, speaker.Options{Sinks: []string{"http-get:*:audio/wav:*", "http-get:*:audio/mpeg:*"}})
	callback, notices := subscriber(t)
	subscribe(t, s, "ConnectionManager", subscribeHeader(callback))
	first := next(t, notices)
	if want, got := "http-get:*:audio/wav:*,http-get:*:audio/mpeg:*", first.properties["SinkProtocolInfo"]; want != got {
		t.Errorf("want %s, got %s", want, got)
	}
}

func TestSubscriptionExpiresUnlessRenewed(t *testing.T) {
	s := start(t, speaker.Options{})
	callback, notices := subscriber(t)
	header := subscribeHeader(callback)
	header["TIMEOUT"] = "Second-1"
	sid := subscribe(t, s, "RenderingControl", header).Header.Get("SID")
	expires := subscribe(t, s, "RenderingControl", header).Header.Get("SID")
	next(t, notices)
	next(t, notices)

	resp := subscribe(t, s, "RenderingControl", map[string]string{"SID": sid, "TIMEOUT": "Second-300"})
	if resp.StatusCode != http.StatusOK || resp.Header.Get("SID") != sid {
		t.Errorf("want the renewal taken, got %s", resp.Status)
	}
	eventually(t, "the other one to expire", func() bool { return s.Subscriptions() == 1 })
	resp = subscribe(t, s, "RenderingControl", map[string]string{"SID": expires})
	if want, got := http.StatusPreconditionFailed, resp.StatusCode; want != got {
		t.Errorf("renewal after the end: want %d, got %d", want, got)
	}
	s.SetVolume(1)
	if want, got := sid, next(t, notices).sid; want != got {
		t.Errorf("want an event for %s, got one for %s", want, got)
	}
}

func TestDeadSubscriberIsDropped(t *testing.T) {
	s := start(t, speaker.Options{})
	subscribe(t, s, "RenderingControl", subscribeHeader("<http://127.0.0.1:1/nobody>"))
	s.SetVolume(1)
	s.SetVolume(2)
	eventually(t, "it to be dropped", func() bool { return s.Subscriptions() == 0 })
}

func TestRefusedSubscriptions(t *testing.T) {
	tests := []struct {
		name   string
		header map[string]string
		want   int
	}{
		{"no NT", map[string]string{"CALLBACK": "<http://127.0.0.1:9/>"}, http.StatusPreconditionFailed},
		{"no callback", map[string]string{"NT": "upnp:event"}, http.StatusPreconditionFailed},
		{"no brackets", subscribeHeader("http://127.0.0.1:9/"), http.StatusPreconditionFailed},
		{"another host", subscribeHeader("<http://192.0.2.1:9/>"), http.StatusPreconditionFailed},
		{"a name", subscribeHeader("<http://localhost:9/>"), http.StatusPreconditionFailed},
		{"unknown SID", map[string]string{"SID": "uuid:nobody"}, http.StatusPreconditionFailed},
		{"SID and NT", map[string]string{"SID": "uuid:x", "NT": "upnp:event"}, http.StatusBadRequest},
	}
	s := start(t, speaker.Options{})
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if want, got := tt.want, subscribe(t, s, "AVTransport", tt.header).StatusCode; want != got {
				t.Errorf("want %d, got %d", want, got)
			}
		})
	}
	resp, _ := do(t, "UNSUBSCRIBE", base(s)+"/AVTransport/event", map[string]string{"SID": "uuid:nobody"}, "")
	if want, got := http.StatusPreconditionFailed, resp.StatusCode; want != got {
		t.Errorf("UNSUBSCRIBE: want %d, got %d", want, got)
	}
	if want, got := 0, s.Subscriptions(); want != got {
		t.Errorf("want %d subscriptions, got %d", want, got)
	}
}

func TestSubscriptionsAreBounded(t *testing.T) {
	const limit = 32
	s := start(t, speaker.Options{})
	callback, _ := subscriber(t)
	for i := range limit + 1 {
		want := http.StatusOK
		if i == limit {
			want = http.StatusServiceUnavailable
		}
		if got := subscribe(t, s, "RenderingControl", subscribeHeader(callback)).StatusCode; want != got {
			t.Fatalf("subscription %d: want %d, got %d", i, want, got)
		}
	}
}
