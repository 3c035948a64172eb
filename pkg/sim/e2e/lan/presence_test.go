//go:build linux

package lan_test

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/sim/lab"
)

const (
	speakerName = "Kitchen & Bath"
	serviceType = "_raop._tcp"
)

func TestPresence(t *testing.T) {
	binary := build(t)
	lan := lab.NewLAN(t, "bridge", "watch", "sender", "speaker")
	host := lan.Host("bridge")
	speaker := lan.Host("speaker").StartSpeaker(t, speakerName)
	watch := lan.Host("watch")
	watch.StartAvahi(t)

	var firstID string
	t.Run("a speaker is announced", func(t *testing.T) {
		browser := watch.Browse(t, serviceType)
		b := startBridge(t, host, binary)
		s := waitService(t, browser, '=')
		took := time.Since(b.began)
		t.Logf("avahi on another host resolved the speaker %v after the start", took.Round(time.Millisecond))
		if took > offeredWithin {
			t.Errorf("want the first speaker announced within %v, got %v", offeredWithin, took)
		}
		firstID = checkService(t, b, s)
		checkRTSP(t, watch, netip.AddrPortFrom(s.Addr, s.Port))
		b.end(t)
		waitService(t, browser, '-')
	})
	t.Run("its identity outlives a restart", func(t *testing.T) {
		browser := watch.Browse(t, serviceType)
		b := startBridge(t, host, binary)
		if got := checkService(t, b, waitService(t, browser, '=')); got != firstID {
			t.Errorf("want the id %s again, got %s", firstID, got)
		}
		b.end(t)
		waitService(t, browser, '-')
	})
	t.Run("SIGTERM while it plays", func(t *testing.T) {
		browser := watch.Browse(t, serviceType)
		b := startBridge(t, host, binary)
		waitService(t, browser, '=')
		startSound(t, b, lan.Host("sender"))
		lab.Until(t, logWithin, "the speaker plays", func() bool { return transportState(t, watch, speaker) == "PLAYING" })
		b.end(t)
		if want, got := "STOPPED", transportState(t, watch, speaker); want != got {
			t.Errorf("want the speaker %s at the end, got %s", want, got)
		}
		waitService(t, browser, '-')
	})
}

// startSound has a sender on a host play for a minute, and waits for the first
// sound.
func startSound(t *testing.T, b *bridge, host *lab.Host) {
	t.Helper()
	for range maxSenderAborts {
		sender := host.StartSender(t)
		sender.AddSink(t, b.receiver(t), lab.NoEncryption).Play(t, lab.Tone(time.Minute, 1))
		if b.waitLogged(logPlays, 1, sender.Aborted) {
			return
		}
		if !sender.Aborted() {
			break
		}
	}
	t.Fatal("want sound at the speaker, got none")
}

// waitService waits for a change of our speaker in avahi's view.
func waitService(t *testing.T, browser *lab.Browser, change byte) lab.Service {
	t.Helper()
	return browser.Wait(t, logWithin, fmt.Sprintf("avahi shows %c for %s", change, speakerName), func(s lab.Service) bool {
		return s.Change == change && strings.HasSuffix(s.Instance, "@"+speakerName)
	})
}

// checkService judges the records of the speaker and gives its id.
func checkService(t *testing.T, b *bridge, s lab.Service) string {
	t.Helper()
	id, _, _ := strings.Cut(s.Instance, "@")
	if !regexp.MustCompile(`^[0-9A-F]{12}$`).MatchString(id) {
		t.Errorf("want 12 hex digits before @, got %q", s.Instance)
	}
	if want := b.receiver(t); netip.AddrPortFrom(s.Addr, s.Port) != want {
		t.Errorf("want A and SRV to say %v, got %v:%d", want, s.Addr, s.Port)
	}
	if !strings.HasSuffix(s.Host, ".local") {
		t.Errorf("want a host in .local, got %q", s.Host)
	}
	for _, want := range []string{"txtvers=1", "ch=2", "cn=0,1", "et=0,1", "sr=44100", "ss=16", "tp=UDP", "pw=false"} {
		if !slices.Contains(s.TXT, want) {
			t.Errorf("want %q in TXT, got %q", want, s.TXT)
		}
	}
	return id
}

// checkRTSP has another host ask what the SRV record points to.
func checkRTSP(t *testing.T, from *lab.Host, receiver netip.AddrPort) {
	t.Helper()
	conn, err := from.Dial(t.Context(), "tcp4", receiver.String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	_ = conn.SetDeadline(time.Now().Add(logWithin))
	if _, err := io.WriteString(conn, "OPTIONS * RTSP/1.0\r\nCSeq: 7\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(conn).ReadString('\n')
	if want := "RTSP/1.0 200 OK\r\n"; line != want {
		t.Errorf("want %q, got %q, %v", want, line, err)
	}
}

// transportInfo asks a MediaRenderer what it does, AVTransport:1 section 2.4.8.
const transportInfo = `<?xml version="1.0"?>
<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" s:encodingStyle="http://schemas.xmlsoap.org/soap/encoding/">
<s:Body><u:GetTransportInfo xmlns:u="urn:schemas-upnp-org:service:AVTransport:1"><InstanceID>0</InstanceID></u:GetTransportInfo></s:Body>
</s:Envelope>`

// transportState asks the speaker from a host that has no part in the play.
func transportState(t *testing.T, from *lab.Host, speaker *lab.Speaker) string {
	t.Helper()
	control, err := url.JoinPath(speaker.Location, "../upnp/control/rendertransport1")
	if err != nil {
		t.Fatal(err)
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, control, strings.NewReader(transportInfo))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", `text/xml; charset="utf-8"`)
	request.Header.Set("SOAPACTION", `"urn:schemas-upnp-org:service:AVTransport:1#GetTransportInfo"`)
	answer, err := from.HTTP().Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	match := regexp.MustCompile(`<CurrentTransportState>(\w+)<`).FindSubmatch(body)
	if match == nil {
		t.Fatalf("want a transport state, got %s: %s", answer.Status, body)
	}
	return string(match[1])
}
