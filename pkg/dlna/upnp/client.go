// Package upnp is a UPnP control point: it reads the device description and the SCPD,
// calls SOAP actions and keeps GENA subscriptions (UPnP Device Architecture 1.0/1.1,
// sections 2, 3 and 4). MediaRenderers are in package renderer, discovery is in
// package ssdp.
//
// The data of a device is not trusted. Every request goes through one guarded HTTP
// client: only http to a literal address, no proxy, no redirect, no kept-alive
// connection, the dialled address checked once more, header, body and time limited.
// The URLs of a description always lead to LOCATION's host.
//
// huin/goupnp makes and reads the SOAP messages; its types for services
// (goupnp.Service) and SCPDs (package scpd) are used as well. We have our own code
// where tests showed that goupnp is not suitable:
//   - fetching: it follows redirects and proxies, reads endless bodies;
//   - resolving URLs: it accepts foreign hosts, drops URLs with blanks and
//     resolves relative ones against "/";
//   - the device type: one icon of width "48px" loses the whole device, and
//     Sonos' roomName is not kept;
//   - broken XML: answers are repaired before it sees them (lenient.go);
//   - GENA: it has none.
//
// The parts of goupnp that write to the standard logger (discovery) are not
// called.
package upnp

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"sync/atomic"
	"time"
)

// ErrMalformed marks an answer of a device that cannot be read, also one that is
// longer than the limits below.
var ErrMalformed = errors.New("malformed")

// Limits of one exchange. The longest real description seen is some 30 KiB.
const (
	maxHeaderBytes      = 64 << 10
	maxDescriptionBytes = 512 << 10
	maxSOAPBytes        = 1 << 20

	connectTimeout  = 3 * time.Second
	describeTimeout = 5 * time.Second
	// Some renderers answer SetAVTransportURI only after they fetched the
	// beginning of the stream.
	callTimeout = 10 * time.Second
)

const defaultUserAgent = "Linux/1 UPnP/1.1 Breezeway/1"

// Options of a Client; the zero value can be used.
type Options struct {
	// UserAgent in the form of UDA 1.1: "OS/version UPnP/1.1 product/version".
	UserAgent string
	// OnLink reports whether an address belongs to a subnet of this host. A
	// LOCATION at another address than the one that announced it must be on one.
	// Nil: none is.
	OnLink func(netip.Addr) bool
}

// A Client makes guarded requests. It keeps no connection and may be used from
// several goroutines.
type Client struct {
	options Options
	http    *http.Client
	stats   counters
}

// Stats counts the requests of a Client since its start.
type Stats struct {
	Requests uint64 // sent or refused
	Refused  uint64 // not sent: stopped by the guard
	Failed   uint64 // no answer: not reached, too slow, cut off
	Faults   uint64 // answered with a UPnP error
}

type counters struct {
	requests, refused, failed, faults atomic.Uint64
}

// NewClient makes a Client. It opens nothing.
func NewClient(options Options) *Client {
	if options.UserAgent == "" {
		options.UserAgent = defaultUserAgent
	}
	c := &Client{options: options}
	c.http = c.httpClient(&guard{
		next:      newTransport(),
		userAgent: options.UserAgent,
		stats:     &c.stats,
	})
	return c
}

// Stats returns the counts so far.
func (c *Client) Stats() Stats {
	return Stats{
		Requests: c.stats.requests.Load(),
		Refused:  c.stats.refused.Load(),
		Failed:   c.stats.failed.Load(),
		Faults:   c.stats.faults.Load(),
	}
}

func (c *Client) httpClient(transport http.RoundTripper) *http.Client {
	return &http.Client{
		Transport: transport,
		// A redirect is not followed: its status is returned as an error.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

func newTransport() *http.Transport {
	dialer := &net.Dialer{ControlContext: checkDial}
	return &http.Transport{
		Proxy:       nil, // HTTP_PROXY is not meant for devices on the local network
		DialContext: dialTwice(dialer.DialContext),
		// Devices close idle connections at will, and a POST cannot be repeated.
		DisableKeepAlives:      true,
		DisableCompression:     true,
		MaxResponseHeaderBytes: maxHeaderBytes,
	}
}

// A statusError is an HTTP answer with another status than 200 OK.
type statusError struct {
	status int
}

func (e *statusError) Error() string {
	return fmt.Sprintf("HTTP %d %s", e.status, http.StatusText(e.status))
}

// A request is one HTTP request of this package.
type request struct {
	method string
	url    *url.URL
	header http.Header // names in the case in which they are sent
	limit  int64       // bytes of the answer's body
}

// exchange sends r and returns the answer's header and whole body. Any status
// but 200 is a *statusError.
func (c *Client) exchange(ctx context.Context, r request) (http.Header, []byte, error) {
	req, err := http.NewRequestWithContext(ctx, r.method, r.url.String(), nil)
	if err != nil {
		return nil, nil, err
	}
	for name, values := range r.header {
		req.Header[name] = values
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, nil, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, nil, &statusError{resp.StatusCode}
	}
	body, err := readLimited(resp.Body, r.limit)
	if errors.Is(err, io.ErrUnexpectedEOF) && len(body) > 0 {
		err = nil // a Content-Length that is too long; what came may be whole
	}
	if err != nil {
		c.stats.failed.Add(1)
		return nil, nil, err
	}
	return resp.Header, body, nil
}

// readLimited reads all of r, or fails once there is more than limit bytes. What
// came before a failure of r is returned with the error.
func readLimited(r io.Reader, limit int64) ([]byte, error) {
	var body bytes.Buffer
	n, err := body.ReadFrom(io.LimitReader(r, limit+1))
	if err != nil {
		return body.Bytes(), fmt.Errorf("read body: %w", err)
	}
	if n > limit {
		return nil, fmt.Errorf("%w: body of more than %d bytes", ErrMalformed, limit)
	}
	return body.Bytes(), nil
}
