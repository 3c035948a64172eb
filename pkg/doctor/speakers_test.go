package doctor

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/dlna/upnp"
	"github.com/breezeway-audio/breezeway/pkg/netif"
)

// A device is a renderer that behaves as a test wants.
type device struct {
	description string
	control     func(w http.ResponseWriter)
	refuses     bool // subscriptions
	silent      bool // no event follows
}

const description = `<root xmlns="urn:schemas-upnp-org:device-1-0"><device>
<deviceType>urn:schemas-upnp-org:device:MediaRenderer:1</deviceType><friendlyName>K&#252;che</friendlyName>
<manufacturer>Acme</manufacturer><modelName>One</modelName><UDN>uuid:1</UDN><serviceList><service>
<serviceType>urn:schemas-upnp-org:service:%s:1</serviceType><serviceId>urn:upnp-org:serviceId:AVTransport</serviceId>
<controlURL>/control</controlURL><eventSubURL>/events</eventSubURL><SCPDURL>/scpd</SCPDURL>
</service></serviceList></device></root>`

func playing(w http.ResponseWriter) {
	fmt.Fprint(w, `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>`+
		`<u:GetTransportInfoResponse xmlns:u="urn:schemas-upnp-org:service:AVTransport:1">`+
		`<CurrentTransportState>STOPPED</CurrentTransportState></u:GetTransportInfoResponse></s:Body></s:Envelope>`)
}

// openHomeDescription is that of a player that knows OpenHome alone.
var openHomeDescription = strings.Replace(description, "urn:schemas-upnp-org:service:%s:1", "urn:av-openhome-org:service:%s:1", 1)

func playingOpenHome(w http.ResponseWriter) {
	fmt.Fprint(w, `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>`+
		`<u:TransportStateResponse xmlns:u="urn:av-openhome-org:service:Playlist:1">`+
		`<Value>Stopped</Value></u:TransportStateResponse></s:Body></s:Envelope>`)
}

func faulty(w http.ResponseWriter) {
	w.WriteHeader(http.StatusInternalServerError)
	fmt.Fprint(w, `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><s:Fault>`+
		`<faultcode>s:Client</faultcode><faultstring>UPnPError</faultstring><detail>`+
		`<UPnPError xmlns="urn:schemas-upnp-org:control-1-0"><errorCode>718</errorCode><errorDescription>busy</errorDescription></UPnPError>`+
		`</detail></s:Fault></s:Body></s:Envelope>`)
}

func (d device) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.URL.Path == "/description":
		fmt.Fprint(w, d.description)
	case r.URL.Path == "/control":
		d.control(w)
	case r.Method == "SUBSCRIBE" && d.refuses:
		w.WriteHeader(http.StatusServiceUnavailable)
	case r.Method == "SUBSCRIBE":
		w.Header().Set("SID", "uuid:sid")
		w.Header().Set("TIMEOUT", "Second-300")
		if !d.silent {
			d.notify(strings.Trim(r.Header.Get("CALLBACK"), "<>"))
		}
	}
}

// notify sends the first event, before the subscription is answered as many
// devices do.
func (d device) notify(callback string) {
	body := `<e:propertyset xmlns:e="urn:schemas-upnp-org:event-1-0"><e:property><LastChange>x</LastChange></e:property></e:propertyset>`
	req, err := http.NewRequest("NOTIFY", callback, strings.NewReader(body))
	if err != nil {
		return
	}
	req.Header.Set("SID", "uuid:sid")
	req.Header.Set("SEQ", "0")
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: time.Second}
	answer, err := client.Do(req)
	if err != nil {
		return
	}
	_, _ = io.Copy(io.Discard, answer.Body)
	_ = answer.Body.Close()
}

// surroundings are a device and an HTTP port of ours, both on loopback.
func surroundings(t *testing.T, d device) (Options, Renderer) {
	t.Helper()
	server := httptest.NewServer(d)
	t.Cleanup(server.Close)
	client := upnp.NewClient(upnp.Options{})
	subscriptions := upnp.NewSubscriptions(client)
	mux := http.NewServeMux()
	mux.Handle(upnp.NotifyPath, subscriptions)
	ours := httptest.NewServer(mux)
	t.Cleanup(ours.Close)
	renderer := Renderer{Name: "Kitchen", Location: server.URL + "/description", Addr: netip.MustParseAddr("127.0.0.1")}
	return Options{
		Client:        client,
		Subscriptions: subscriptions,
		CallbackBase:  func(netip.Addr) (string, error) { return ours.URL, nil },
		Renderers:     func(context.Context) ([]Renderer, error) { return []Renderer{renderer}, nil },
	}, renderer
}

// local are probes with a way to loopback.
func local() probes {
	p := healthy()
	p.source = func(netip.Addr) (netip.Addr, error) { return netip.MustParseAddr("127.0.0.1"), nil }
	p.scan = func(context.Context, []netif.Interface) ([]scanAnswer, error) {
		return []scanAnswer{{target: "upnp:rootdevice", server: "router", location: "http://192.168.1.1:5000/"}}, nil
	}
	return p
}

func TestSpeaker(t *testing.T) {
	good := device{description: fmt.Sprintf(description, "AVTransport"), control: playing}
	cases := []struct {
		name   string
		change func(*device)
		want   string
	}{
		{"all well", func(*device) {}, "description=ok(control (SOAP)=ok events (GENA)=ok(the speaker reaches us=ok))"},
		{"fault", func(d *device) { d.control = faulty }, "description=ok(control (SOAP)=warning events (GENA)=ok(the speaker reaches us=ok))"},
		{"no SOAP", func(d *device) { d.control = func(w http.ResponseWriter) { w.WriteHeader(http.StatusNotFound) } },
			"description=ok(control (SOAP)=failed events (GENA)=ok(the speaker reaches us=ok))"},
		{"refuses events", func(d *device) { d.refuses = true }, "description=ok(control (SOAP)=ok events (GENA)=warning(the speaker reaches us=skipped))"},
		{"no AVTransport", func(d *device) { d.description = fmt.Sprintf(description, "Product") }, "description=ok(control (SOAP)=failed events (GENA)=skipped(the speaker reaches us=skipped))"},
		{"OpenHome alone", func(d *device) {
			d.description, d.control = fmt.Sprintf(openHomeDescription, "Playlist"), playingOpenHome
		},
			"description=ok(control (SOAP)=ok events (GENA)=ok(the speaker reaches us=ok))"},
		{"garbage", func(d *device) { d.description = "<html>" }, "description=failed(control (SOAP)=skipped events (GENA)=skipped(the speaker reaches us=skipped))"},
		{"endless", func(d *device) { d.description = strings.Repeat("<a>", 1<<20) }, "description=failed(control (SOAP)=skipped events (GENA)=skipped(the speaker reaches us=skipped))"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			d := good
			c.change(&d)
			o, _ := surroundings(t, d)
			got := evaluate(t.Context(), []Check{newExam(o, local()).speakers.branch()})
			want := "speakers=ok(who answers M-SEARCH=ok Kitchen (127.0.0.1)=ok(" + c.want + "))"
			if s := shape(got); s != want {
				t.Errorf("want %s\ngot  %s\n%+v", want, s, got)
			}
		})
	}
}

// A speaker that takes the subscription and cannot reach us is the firewall that
// makes it silent.
func TestSpeakerDoesNotReachUs(t *testing.T) {
	o, _ := surroundings(t, device{description: fmt.Sprintf(description, "AVTransport"), control: playing, silent: true})
	report := Report{Findings: evaluate(t.Context(), []Check{newExam(o, local()).speakers.branch()})}
	if report.ExitCode() != 1 {
		t.Errorf("want a failure, got %s", shape(report.Findings))
	}
	var text strings.Builder
	if err := report.WriteText(&text); err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{"failed   the speaker reaches us", "sent no event to http://127.0.0.1:", "sudo ufw allow proto tcp from 127.0.0.1 to any port"} {
		if !contains(text.String(), part) {
			t.Errorf("want %q in\n%s", part, text.String())
		}
	}
}

func TestSpeakerEndsEarly(t *testing.T) {
	o, r := surroundings(t, device{description: fmt.Sprintf(description, "AVTransport"), control: playing, silent: true})
	s := &speakerExam{speakerWay: newExam(o, local()).speakers.way, Renderer: r}
	want{OK, `"Küche", Acme One`, "", nil}.check(t, s.checkDescription(t.Context()))
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	want{Skipped, "no time left", "", nil}.check(t, s.checkEvents(ctx))
	want{Skipped, "no events were requested", "", nil}.check(t, s.checkWayBack(t.Context()))
}

func TestCheckDescription(t *testing.T) {
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	gone := "http://" + closed.Addr().String() + "/"
	if err := closed.Close(); err != nil {
		t.Fatal(err)
	}
	cases := []struct {
		name, location string
		want           want
	}{
		{"gone", gone, want{Failed, "refused", "does not answer on the port", nil}},
		{"metadata service", "http://169.254.169.254/latest", want{Failed, "169.254.169.254", "might be an attack", nil}},
		{"foreign host", "http://192.0.2.1/", want{Failed, "another network", "might be an attack", nil}},
		{"file", "file:///etc/passwd", want{Failed, "not a plain http URL", "might be an attack", nil}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			o, r := surroundings(t, device{})
			r.Location = c.location
			s := &speakerExam{speakerWay: newExam(o, local()).speakers.way, Renderer: r}
			c.want.check(t, s.checkDescription(t.Context()))
		})
	}
}

func TestCheckRoute(t *testing.T) {
	cases := []struct {
		name   string
		source string
		peer   string
		wanted []string
		want   want
	}{
		{"on the same network", "192.168.1.5", "192.168.1.20", nil, want{OK, "from our 192.168.1.5 on eth0", "", nil}},
		{"through a router", "192.168.1.5", "10.9.9.9", nil, want{Note, "through a router", "BREEZEWAY_DEVICES", nil}},
		{"by an interface not used", "172.17.0.1", "172.17.0.5", nil, want{Warning, "on docker0", "does not use", []string{"BREEZEWAY_INTERFACES=docker0"}}},
		{"used when named", "172.17.0.1", "172.17.0.5", []string{"docker0"}, want{OK, "on docker0", "", nil}},
		{"no route", "", "10.9.9.9", nil, want{Failed, "network is unreachable", "no route", []string{"ip route get 10.9.9.9"}}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			p := healthy()
			p.source = func(netip.Addr) (netip.Addr, error) {
				if c.source == "" {
					return netip.Addr{}, errors.New("network is unreachable")
				}
				return netip.MustParseAddr(c.source), nil
			}
			s := &speakerExam{speakerWay: newExam(Options{Interfaces: c.wanted}, p).speakers.way, Renderer: Renderer{Addr: netip.MustParseAddr(c.peer)}}
			c.want.check(t, s.checkRoute(t.Context()))
		})
	}
}

func TestFindSpeakers(t *testing.T) {
	many := make([]Renderer, maxRenderers+1)
	cases := []struct {
		name  string
		found []Renderer
		err   error
		want  want
	}{
		{"none", nil, nil, want{Warning, "none found", "No speaker answers", []string{"BREEZEWAY_DEVICES="}}},
		{"one", many[:1], nil, want{OK, "1 found", "", nil}},
		{"many", many, nil, want{OK, "33 found, the first 32", "", nil}},
		{"broken", nil, errors.New("no socket"), want{Failed, "no socket", "does not work", nil}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			o := Options{Renderers: func(context.Context) ([]Renderer, error) { return c.found, c.err }}
			_, got := newExam(o, healthy()).speakers.check(t.Context())
			c.want.check(t, got)
			if below := len(newExam(o, healthy()).speakers.branch().Then()); below != 1 {
				t.Errorf("want one check below before the search, got %d", below)
			}
		})
	}
}

// Who is named is looked into by URL, and told of when only an address is known.
func TestNamedSpeakers(t *testing.T) {
	far, near := netip.MustParseAddr("10.9.9.9"), netip.MustParseAddr("127.0.0.1")
	good := device{description: fmt.Sprintf(description, "AVTransport"), control: playing}
	o, r := surroundings(t, good)
	alone := func(context.Context) ([]Renderer, error) { return nil, nil }
	const well = "=ok(description=ok(control (SOAP)=ok events (GENA)=ok(the speaker reaches us=ok)))"
	cases := []struct {
		name  string
		found func(context.Context) ([]Renderer, error)
		named []Named
		want  string
	}{
		{"found, too", o.Renderers, []Named{{Addr: near}}, "speakers=ok(who answers M-SEARCH=ok Kitchen (127.0.0.1)" + well + ")"},
		{"found, and by URL", o.Renderers, []Named{{near, r.Location}}, "speakers=ok(who answers M-SEARCH=ok Kitchen (127.0.0.1)" + well + ")"},
		{"by URL alone", alone, []Named{{near, r.Location}}, "speakers=warning(who answers M-SEARCH=ok named by URL (127.0.0.1)" + well + ")"},
		{"silent", alone, []Named{{Addr: far}}, "speakers=warning(who answers M-SEARCH=ok named in BREEZEWAY_DEVICES: 10.9.9.9=warning)"},
		{"silent beside another", o.Renderers, []Named{{Addr: far}}, "speakers=ok(who answers M-SEARCH=ok Kitchen (127.0.0.1)" + well + " named in BREEZEWAY_DEVICES: 10.9.9.9=warning)"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			o := o
			o.Renderers, o.Named = c.found, c.named
			if got := shape(evaluate(t.Context(), []Check{newExam(o, local()).speakers.branch()})); got != c.want {
				t.Errorf("want %s\ngot  %s", c.want, got)
			}
		})
	}
}

func TestSilentSpeaker(t *testing.T) {
	x := newExam(Options{}, local())
	check := x.speakers.missing(Named{Addr: netip.MustParseAddr("10.9.9.9")})
	want{Warning, "asked from our 127.0.0.1", "does not answer", []string{"router's list", "BREEZEWAY_DEVICES=http://10.9.9.9:"}}.check(t, check.Run(t.Context()))
}

func TestSecondScan(t *testing.T) {
	const renderer = "urn:schemas-upnp-org:device:MediaRenderer:1"
	known := []Renderer{{Addr: netip.MustParseAddr("192.168.1.20")}}
	leftOut := func(addr netip.Addr) bool { return addr == netip.MustParseAddr("192.168.1.22") }
	cases := []struct {
		name    string
		answers []scanAnswer
		err     error
		want    want
	}{
		{"nobody", nil, nil, want{Warning, "hears: none", "multicast is blocked", []string{"IGMP", "BREEZEWAY_DEVICES="}}},
		{"a router", []scanAnswer{{"upnp:rootdevice", "OpenWRT", "http://192.168.1.1:5000/"}}, nil, want{OK, "192.168.1.1 (OpenWRT)", "", nil}},
		{"the same speaker twice", []scanAnswer{{renderer, "Acme", "http://192.168.1.20:80/"}, {renderer, "Acme", "http://192.168.1.20:80/"}}, nil, want{OK, "hears: 192.168.1.20 (Acme)", "", nil}},
		{"one that was missed", []scanAnswer{{renderer, "Acme", "http://192.168.1.21:80/"}}, nil, want{Warning, "192.168.1.21", "did not find", []string{"breezeway doctor --json"}}},
		{"one that is left out", []scanAnswer{{renderer, "Acme", "http://192.168.1.22:80/"}}, nil, want{OK, "hears: 192.168.1.22 (Acme)", "", nil}},
		{"a hostile LOCATION", []scanAnswer{{"x", strings.Repeat("y", 1000), "http://\x00/"}}, nil, want{OK, "an unreadable LOCATION (yyy", "", nil}},
		{"failed", nil, errors.New("no interface"), want{Skipped, "no interface", "", nil}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			p := healthy()
			p.scan = func(context.Context, []netif.Interface) ([]scanAnswer, error) { return c.answers, c.err }
			c.want.check(t, newExam(Options{LeftOut: leftOut}, p).speakers.scan.check(t.Context(), known))
		})
	}
}

func TestOpenPort(t *testing.T) {
	s := &speakerExam{Renderer: Renderer{Addr: netip.MustParseAddr("fe80::1%eth0")}}
	steps := s.openPort("http://[fe80::2]:7700")
	if len(steps) == 0 || !contains(steps[0].Paste, "ip6 saddr fe80::1 tcp dport 7700") {
		t.Errorf("want a rule for IPv6 without zone, got %+v", steps)
	}
	if steps := s.openPort("nonsense"); steps != nil {
		t.Errorf("want no rules, got %+v", steps)
	}
}
