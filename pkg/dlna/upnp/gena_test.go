package upnp

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// A fakeDevice is the eventing side of a device: it answers SUBSCRIBE and
// UNSUBSCRIBE without a socket, and sends events straight into Subscriptions.
type fakeDevice struct {
	subscriptions *Subscriptions
	log           eventLog // what OnEvent got
	timeout       string   // TIMEOUT of its answers
	early         bool     // sends the first event before its answer

	mu       sync.Mutex // guards the fields below
	requests []string   // "0s SUBSCRIBE", ... since begin
	begin    time.Time
	callback string
	sids     int
	fail     error // instead of an answer
	status   int   // instead of 200
}

const devicePeer = "192.0.2.20:40000"

// exactHeader is a header under its name as sent: GENA's are in upper case.
func exactHeader(req *http.Request, name string) []string { return req.Header[name] }

func (d *fakeDevice) RoundTrip(req *http.Request) (*http.Response, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	kind := req.Method
	if len(exactHeader(req, "SID")) > 0 && kind == "SUBSCRIBE" {
		kind = "renew"
	}
	d.requests = append(d.requests, fmt.Sprint(time.Since(d.begin), " ", kind))
	if d.fail != nil {
		return nil, d.fail
	}
	w := httptest.NewRecorder()
	switch {
	case d.status != 0:
		w.WriteHeader(d.status)
	case kind == "SUBSCRIBE":
		d.sids++
		d.callback = strings.Trim(exactHeader(req, "CALLBACK")[0], "<>")
		if d.early {
			d.notifyLocked(d.sid(), 0, "<A>first</A>")
		}
		w.Header().Set("Sid", d.sid())
		w.Header().Set("Timeout", d.timeout)
	case kind == "renew":
		w.Header().Set("Timeout", d.timeout)
	}
	return w.Result(), nil
}

func (d *fakeDevice) sid() string { return fmt.Sprintf("uuid:%d", d.sids) }

func (d *fakeDevice) notify(sid string, seq int, properties string) (status int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.notifyLocked(sid, seq, properties)
}

func (d *fakeDevice) notifyLocked(sid string, seq int, properties string) (status int) {
	body := "<e:propertyset xmlns:e=\"urn:schemas-upnp-org:event-1-0\"><e:property>" + properties + "</e:property></e:propertyset>"
	r := notifyRequest(d.callback, body)
	r.Header.Set("Sid", sid)
	r.Header.Set("Seq", fmt.Sprint(seq))
	w := httptest.NewRecorder()
	d.subscriptions.ServeHTTP(w, r)
	return w.Code
}

func notifyRequest(callback, body string) *http.Request {
	r := httptest.NewRequest("NOTIFY", callback, strings.NewReader(body))
	r.RemoteAddr = devicePeer
	return r
}

func (d *fakeDevice) set(change func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	change()
}

func (d *fakeDevice) seen() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.requests)
}

// An eventLog collects what OnEvent gets.
type eventLog struct {
	mu     sync.Mutex // guards events
	events []string
}

func (l *eventLog) add(e Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if e.Lost != nil {
		l.events = append(l.events, "lost")
		return
	}
	l.events = append(l.events, e.Properties["A"])
}

func (l *eventLog) seen() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.events)
}

// follow runs scenario against a running subscription, ends it, and returns
// the device's log of requests and the owner's of events.
func follow(t *testing.T, device *fakeDevice, scenario func()) (requests, events []string) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		client := NewClient(Options{})
		client.http.Transport.(*guard).next = device
		device.subscriptions = NewSubscriptions(client)
		device.begin = time.Now()
		if device.timeout == "" {
			device.timeout = "Second-300"
		}
		ctx, cancel := context.WithCancel(t.Context())
		var running sync.WaitGroup
		running.Go(func() {
			err := device.subscriptions.Run(ctx, Subscription{
				Service:      Service{Event: &url.URL{Scheme: "http", Host: "192.0.2.20:1400", Path: "/event"}},
				CallbackBase: "http://192.0.2.7:49200",
				Peer:         netip.MustParseAddr("::ffff:192.0.2.20"),
				OnEvent:      device.log.add,
			})
			if err != nil {
				t.Errorf("Run: want nil, got %v", err)
			}
		})
		synctest.Wait()
		scenario()
		synctest.Wait()
		cancel()
		running.Wait()
		if got := device.subscriptions.Stats().Active; got != 0 {
			t.Errorf("want no subscription left, got %d", got)
		}
		requests, events = device.seen(), device.log.seen()
	})
	return requests, events
}

func wantLog(t *testing.T, what string, want, got []string) {
	t.Helper()
	if !slices.Equal(want, got) {
		t.Errorf("%s: want %q, got %q", what, want, got)
	}
}

func TestSubscriptionLife(t *testing.T) {
	d := &fakeDevice{}
	requests, events := follow(t, d, func() {
		d.notify("uuid:1", 0, "<A>a</A>")
		d.notify("uuid:1", 1, "<A>b</A>")
		time.Sleep(300 * time.Second)
		d.notify("uuid:1", 2, "<A>c</A>")
	})
	wantLog(t, "requests", []string{"0s SUBSCRIBE", "3m30s renew", "5m0s UNSUBSCRIBE"}, requests)
	wantLog(t, "events", []string{"a", "b", "c"}, events)
	if !strings.HasPrefix(d.callback, "http://192.0.2.7:49200"+NotifyPath) || len(d.callback) < 50 {
		t.Errorf("want a callback that nobody guesses, got %s", d.callback)
	}
}

func TestNotifyBeforeSubscribeAnswer(t *testing.T) {
	d := &fakeDevice{early: true}
	_, events := follow(t, d, func() {
		d.notify("uuid:1", 1, "<A>second</A>")
	})
	wantLog(t, "events", []string{"first", "second"}, events)
}

func TestSEQGapSubscribesAgain(t *testing.T) {
	d := &fakeDevice{}
	requests, events := follow(t, d, func() {
		d.notify("uuid:1", 0, "<A>a</A>")
		d.notify("uuid:1", 2, "<A>c</A>")
		synctest.Wait()
		if got := d.notify("uuid:1", 3, "<A>d</A>"); got != http.StatusPreconditionFailed {
			t.Errorf("want 412 for the old SID, got %d", got)
		}
		d.notify("uuid:2", 0, "<A>all</A>")
	})
	wantLog(t, "requests", []string{"0s SUBSCRIBE", "0s UNSUBSCRIBE", "0s SUBSCRIBE", "0s UNSUBSCRIBE"}, requests)
	wantLog(t, "events", []string{"a", "c", "all"}, events)
}

// A device that counts wrongly for ever costs one subscription a minute, and
// loses no event.
func TestSEQNeverRight(t *testing.T) {
	d := &fakeDevice{}
	requests, events := follow(t, d, func() {
		for range 3 {
			d.notify("uuid:"+fmt.Sprint(d.sids), 7, "<A>x</A>")
			synctest.Wait()
		}
		time.Sleep(gapPause)
		d.notify("uuid:2", 7, "<A>y</A>")
	})
	wantLog(t, "requests", []string{"0s SUBSCRIBE", "0s UNSUBSCRIBE", "0s SUBSCRIBE",
		"1m0s UNSUBSCRIBE", "1m0s SUBSCRIBE", "1m0s UNSUBSCRIBE"}, requests)
	wantLog(t, "events", []string{"x", "x", "x", "y"}, events)
}

func TestRenewalRefused(t *testing.T) {
	d := &fakeDevice{}
	requests, events := follow(t, d, func() {
		d.notify("uuid:1", 0, "<A>a</A>")
		time.Sleep(209 * time.Second)
		d.set(func() { d.status = http.StatusPreconditionFailed })
		time.Sleep(2 * time.Second) // renewal and new subscription refused: it rebooted
		d.set(func() { d.status = 0 })
		time.Sleep(10 * time.Second)
		d.notify("uuid:2", 0, "<A>b</A>")
	})
	wantLog(t, "requests", []string{"0s SUBSCRIBE", "3m30s renew", "3m30s SUBSCRIBE", "3m35s SUBSCRIBE", "3m41s UNSUBSCRIBE"}, requests)
	wantLog(t, "events", []string{"a", "lost", "b"}, events)
}

func TestDeviceGone(t *testing.T) {
	d := &fakeDevice{fail: errors.New("no route to host")}
	requests, events := follow(t, d, func() {
		time.Sleep(40 * time.Second)
		d.set(func() { d.fail = nil })
		time.Sleep(time.Hour)
	})
	wantLog(t, "first requests", []string{"0s SUBSCRIBE", "5s SUBSCRIBE", "15s SUBSCRIBE", "35s SUBSCRIBE", "1m15s SUBSCRIBE"}, requests[:5])
	wantLog(t, "events", []string{"lost", "lost", "lost", "lost"}, events)
}

func TestSubscribeAnswerWithoutSID(t *testing.T) {
	d := &fakeDevice{}
	_, events := follow(t, d, func() {
		d.set(func() { d.status = http.StatusPreconditionFailed })
	})
	wantLog(t, "events", nil, events)
	d = &fakeDevice{status: http.StatusOK} // 200 with no header at all
	_, events = follow(t, d, func() {})
	wantLog(t, "events", []string{"lost"}, events)
}

// An owner that is too slow loses events, gets the full state by a
// new subscription, and holds up nobody.
func TestInboxFull(t *testing.T) {
	d := &fakeDevice{}
	const late = 5
	full := 0
	requests, _ := follow(t, d, func() {
		d.log.mu.Lock() // the owner is stuck in its first event
		for i := range 1 + inboxLength + late {
			if d.notify("uuid:1", i, "<A>x</A>") == http.StatusServiceUnavailable {
				full++
			}
		}
		d.log.mu.Unlock()
	})
	if full < late {
		t.Errorf("want at least %d times 503, got %d", late, full)
	}
	want := []string{"0s SUBSCRIBE", "0s UNSUBSCRIBE", "0s SUBSCRIBE", "0s UNSUBSCRIBE"}
	wantLog(t, "requests", want, requests)
}

func TestNotifyRejected(t *testing.T) {
	d := &fakeDevice{}
	const sound = "<propertyset><property><A>1</A></property></propertyset>"
	tests := []struct {
		name   string
		change func(*http.Request)
		body   string
		want   int
	}{
		{"sound", func(*http.Request) {}, sound, http.StatusOK},
		{"method", func(r *http.Request) { r.Method = "POST" }, sound, http.StatusMethodNotAllowed},
		{"path", func(r *http.Request) { r.URL.Path = NotifyPath + "guess" }, sound, http.StatusPreconditionFailed},
		{"another sender", func(r *http.Request) { r.RemoteAddr = "192.0.2.66:40000" }, sound, http.StatusPreconditionFailed},
		{"unknown SID", func(r *http.Request) { r.Header.Set("Sid", "uuid:9") }, sound, http.StatusPreconditionFailed},
		{"no SID", func(r *http.Request) { r.Header.Del("Sid") }, sound, http.StatusPreconditionFailed},
		{"no XML", func(*http.Request) {}, "hello", http.StatusBadRequest},
		{"too long", func(*http.Request) {}, sound + strings.Repeat(" ", maxNotifyBytes), http.StatusRequestEntityTooLarge},
		{"no SEQ", func(r *http.Request) { r.Header.Del("Seq") }, sound, http.StatusOK},
	}
	follow(t, d, func() {
		for i, tt := range tests {
			r := notifyRequest(d.callback, tt.body)
			r.Header.Set("Sid", "uuid:1")
			r.Header.Set("Seq", fmt.Sprint(min(i, 1)))
			tt.change(r)
			w := httptest.NewRecorder()
			d.subscriptions.ServeHTTP(w, r)
			if tt.want != w.Code {
				t.Errorf("%s: want %d, got %d", tt.name, tt.want, w.Code)
			}
		}
		if got := d.subscriptions.Stats(); got.Rejected != 7 || got.Notified != 2 {
			t.Errorf("want 7 rejected and 2 accepted, got %+v", got)
		}
	})
}

func TestRunWrongParameters(t *testing.T) {
	s := NewSubscriptions(NewClient(Options{}))
	event := Service{Event: &url.URL{Scheme: "http", Host: "192.0.2.20"}}
	for _, sub := range []Subscription{
		{CallbackBase: "http://192.0.2.7:80"},
		{Service: event, CallbackBase: "http://0.0.0.0:80"},
		{Service: event, CallbackBase: "http://host:80"},
		{Service: event, CallbackBase: ""},
	} {
		if err := s.Run(t.Context(), sub); err == nil {
			t.Errorf("%+v: want an error", sub)
		}
	}
}

func TestParseTimeout(t *testing.T) {
	tests := []struct {
		header string
		want   time.Duration
	}{
		{"Second-300", 300 * time.Second},
		{"second-600 ", 600 * time.Second},
		{"SECOND-120", 120 * time.Second},
		{"300", 300 * time.Second},
		{"Second-0", minGranted},
		{"Second-86400", maxGranted},
		{"Second-99999999999999", askedTimeout},
		{"Second-infinite", askedTimeout},
		{"infinite", askedTimeout},
		{"", askedTimeout},
		{"Second--5", askedTimeout},
	}
	for _, tt := range tests {
		t.Run(tt.header, func(t *testing.T) {
			if got := parseTimeout(tt.header); tt.want != got {
				t.Errorf("want %v, got %v", tt.want, got)
			}
		})
	}
}

func TestSEQWrapsToOne(t *testing.T) {
	for _, tt := range []struct{ seq, want uint32 }{{0, 1}, {1, 2}, {1<<32 - 1, 1}} {
		if got := seqAfter(tt.seq); tt.want != got {
			t.Errorf("after %d: want %d, got %d", tt.seq, tt.want, got)
		}
	}
}
