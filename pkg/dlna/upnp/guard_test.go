package upnp

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestCheckLocation(t *testing.T) {
	lan := netip.MustParsePrefix("192.0.2.0/24")
	tests := []struct {
		name     string
		location string
		from     string
		want     bool
	}{
		{"the answerer", "http://198.51.100.9:1400/d.xml", "198.51.100.9", true},
		{"the answerer, mapped", "http://198.51.100.9:1400/d.xml", "::ffff:198.51.100.9", true},
		{"IPv6 answerer", "http://[2001:db8::1]:80/d.xml", "2001:db8::1", true},
		{"another on our subnet", "http://192.0.2.10:49152/d.xml", "192.0.2.9", true},
		{"our subnet for a seed without answerer", "http://192.0.2.10:49152/d.xml", "", true},
		{"foreign network", "http://203.0.113.1/d.xml", "192.0.2.9", false},
		{"loopback from the LAN", "http://127.0.0.1:9999/d.xml", "192.0.2.9", true},
		{"mapped loopback from the LAN", "http://[::ffff:127.0.0.1]:9999/", "192.0.2.9", true},
		{"IPv6 loopback from the LAN", "http://[::1]:9999/", "192.0.2.9", true},
		{"loopback from loopback", "http://127.0.0.1:9999/d.xml", "127.0.0.1", true},
		{"metadata service", "http://169.254.169.254/latest", "169.254.169.254", false},
		{"unspecified", "http://0.0.0.0:80/", "0.0.0.0", false},
		{"multicast", "http://239.255.255.250:1900/", "239.255.255.250", false},
		{"broadcast", "http://255.255.255.255/", "255.255.255.255", false},
		{"host name", "http://speaker.example/d.xml", "192.0.2.9", true},
		{"octal look-alike", "http://0300.0.2.9/d.xml", "192.0.2.9", true},
		{"https", "https://192.0.2.9/d.xml", "192.0.2.9", false},
		{"file", "file:///etc/passwd", "192.0.2.9", false},
		{"with password", "http://a:b@192.0.2.9/d.xml", "192.0.2.9", false},
		{"no URL", "http://192.0.2.9:notaport/", "192.0.2.9", false},
		{"empty", "", "192.0.2.9", false},
		{"endless", "http://192.0.2.9/" + strings.Repeat("a", maxURLBytes), "192.0.2.9", false},
	}
	c := NewClient(Options{OnLink: lan.Contains})
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			from, _ := netip.ParseAddr(tt.from) // "" is no answerer
			_, err := c.checkLocation(tt.location, from)
			if got := err == nil; got != tt.want {
				t.Fatalf("want passed %v, got error %v", tt.want, err)
			}
			if err != nil && !errors.Is(err, ErrRefused) {
				t.Errorf("want ErrRefused, got %v", err)
			}
		})
	}
}

func TestCheckLocationWithoutOnLink(t *testing.T) {
	c := NewClient(Options{})
	if _, err := c.checkLocation("http://192.0.2.10/d.xml", netip.MustParseAddr("192.0.2.9")); !errors.Is(err, ErrRefused) {
		t.Errorf("want ErrRefused for a neighbour, got %v", err)
	}
}

// The dialler is the second lock: it must hold even if a URL check above it is
// passed by mistake.
func TestDialPinnedToCheckedAddress(t *testing.T) {
	pinned := context.WithValue(t.Context(), dialTargetKey{}, netip.MustParseAddr("192.0.2.9"))
	tests := []struct {
		name    string
		ctx     context.Context
		address string
		want    bool
	}{
		{"pinned", pinned, "192.0.2.9:80", true},
		{"pinned, mapped", pinned, "[::ffff:192.0.2.9]:80", true},
		{"another", pinned, "127.0.0.1:80", false},
		{"nothing pinned", t.Context(), "192.0.2.9:80", false},
		{"no address", pinned, "/run/socket", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := checkDial(tt.ctx, "tcp4", tt.address, nil)
			if got := err == nil; got != tt.want {
				t.Errorf("want passed %v, got error %v", tt.want, err)
			}
		})
	}
}

// net/http never sends a loopback request through a proxy, so only the
// setting itself can be looked at.
func TestProxyEnvironmentIgnored(t *testing.T) {
	t.Setenv("HTTP_PROXY", "http://192.0.2.66:3128")
	transport := newTransport()
	if transport.Proxy != nil {
		t.Error("want no proxy function")
	}
	if !transport.DisableKeepAlives || !transport.DisableCompression {
		t.Error("want neither kept-alive connections nor compression")
	}
}

func TestRedirectRefused(t *testing.T) {
	reached := false
	target := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached = true }))
	defer target.Close()
	device := httptest.NewServer(http.RedirectHandler(target.URL, http.StatusFound))
	defer device.Close()

	_, err := NewClient(Options{}).Describe(t.Context(), device.URL+"/d.xml", loopback)
	var status *statusError
	if !errors.As(err, &status) || status.status != http.StatusFound {
		t.Errorf("want HTTP 302 as the error, got %v", err)
	}
	if reached {
		t.Error("the redirect was followed")
	}
}

func TestEndlessBodyCutOff(t *testing.T) {
	device := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "<root><device><friendlyName>")
		block := []byte(strings.Repeat("A", 64<<10))
		for {
			if _, err := w.Write(block); err != nil {
				return
			}
		}
	}))
	defer device.Close()

	c := NewClient(Options{})
	_, err := c.Describe(t.Context(), device.URL, loopback)
	if !errors.Is(err, ErrMalformed) {
		t.Errorf("Describe: want ErrMalformed, got %v", err)
	}
	control, _ := url.Parse(device.URL)
	err = c.Call(t.Context(), Service{Type: "urn:x:service:Y:1", Control: control}, "Stop", nil, nil)
	if !errors.Is(err, ErrMalformed) {
		t.Errorf("Call: want ErrMalformed, got %v", err)
	}
	if want, got := (Stats{Requests: 2, Failed: 2}), c.Stats(); want != got {
		t.Errorf("want %+v, got %+v", want, got)
	}
}

func TestEndlessHeaderCutOff(t *testing.T) {
	device := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Long", strings.Repeat("a", 2*maxHeaderBytes))
	}))
	defer device.Close()
	c := NewClient(Options{})
	if _, err := c.Describe(t.Context(), device.URL, loopback); err == nil {
		t.Error("want an error")
	}
	if got := c.Stats().Failed; got != 1 {
		t.Errorf("want 1 failure counted, got %d", got)
	}
}

// Devices that are slow in every way are given up after the whole time, not
// after each read.
func TestSlowDeviceGivenUp(t *testing.T) {
	silent := func(conn net.Conn) {
		_, _ = io.Copy(io.Discard, conn)
	}
	dripping := func(conn net.Conn) {
		if _, err := http.ReadRequest(bufio.NewReader(conn)); err != nil {
			return
		}
		go silent(conn) // a body; ends with the connection
		_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\n\r\n")
		ticker := time.NewTicker(time.Second)
		defer ticker.Stop()
		for range ticker.C {
			if _, err := conn.Write([]byte("<")); err != nil {
				return
			}
		}
	}
	location, _ := url.Parse("http://192.0.2.9/")
	tests := []struct {
		name   string
		device func(net.Conn)
		do     func(context.Context, *Client) error
		want   time.Duration
	}{
		{"silent description", silent, func(ctx context.Context, c *Client) error {
			_, err := c.Describe(ctx, "http://192.0.2.9/", netip.MustParseAddr("192.0.2.9"))
			return err
		}, describeTimeout},
		{"dripping description", dripping, func(ctx context.Context, c *Client) error {
			_, err := c.Describe(ctx, "http://192.0.2.9/", netip.MustParseAddr("192.0.2.9"))
			return err
		}, describeTimeout},
		{"dripping SCPD", dripping, func(ctx context.Context, c *Client) error {
			_, err := c.SCPD(ctx, Service{SCPD: location})
			return err
		}, describeTimeout},
		{"dripping action", dripping, func(ctx context.Context, c *Client) error {
			return c.Call(ctx, Service{Type: "urn:x", Control: location}, "Stop", nil, nil)
		}, callTimeout},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var devices sync.WaitGroup
				defer devices.Wait()
				c := clientOver(func(context.Context, string, string) (net.Conn, error) {
					ours, theirs := net.Pipe()
					devices.Go(func() { tt.device(theirs) })
					return ours, nil
				})
				begin := time.Now()
				err := tt.do(t.Context(), c)
				if !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("want the deadline as the cause, got %v", err)
				}
				if got := time.Since(begin); got != tt.want {
					t.Errorf("want given up after %v, got %v", tt.want, got)
				}
			})
		})
	}
}

var loopback = netip.MustParseAddr("127.0.0.1")

// clientOver is a Client whose connections come from dial.
func clientOver(dial func(context.Context, string, string) (net.Conn, error)) *Client {
	c := NewClient(Options{})
	transport := newTransport()
	transport.DialContext = dial
	c.http.Transport.(*guard).next = transport
	return c
}

func TestLocationThatNamesItselfLeadsToTheAnswerer(t *testing.T) {
	c := NewClient(Options{})
	for _, from := range []string{"192.0.2.9", "2001:db8::1"} {
		addr := netip.MustParseAddr(from)
		for _, host := range []string{"127.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0", "[::]", "speaker.example", "0300.0.2.9"} {
			for _, port := range []string{"", ":49152"} {
				u, err := c.checkLocation("http://"+host+port+"/d.xml", addr)
				if err != nil {
					t.Errorf("%s from %s: %v", host, from, err)
					continue
				}
				if target, err := targetOf(u); err != nil || target != addr || ":"+u.Port() != port && port != "" {
					t.Errorf("%s from %s: want the answerer, got %s", host, from, u)
				}
			}
		}
	}
	// Devices on loopback have addresses of their own there, and answer for each other.
	other, err := c.checkLocation("http://127.0.1.2:49152/d.xml", netip.MustParseAddr("127.0.0.1"))
	if err != nil || other.Host != "127.0.1.2:49152" {
		t.Errorf("want another device on loopback, got %v, %v", other, err)
	}
	for _, location := range []string{"http://203.0.113.1/d.xml", "https://localhost/d.xml", "http://a:b@localhost/d.xml"} {
		if _, err := c.checkLocation(location, netip.MustParseAddr("192.0.2.9")); err == nil {
			t.Errorf("%s: want it refused", location)
		}
	}
}
