package dacp

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/airplay/mdns/query"
)

const (
	serviceType    = "_dacp._tcp"
	instancePrefix = "iTunes_Ctrl_"

	// portLifetime is short: iOS changes the port whenever it wakes.
	portLifetime = 30 * time.Second
	// absenceLifetime is how long a sender that was not found is not looked up again.
	absenceLifetime = 10 * time.Second

	connectTimeout = 2 * time.Second
	answerTimeout  = 4 * time.Second // to the end of the answer
	maxHeaderBytes = 4 << 10
	maxBodyBytes   = 4 << 10
	userAgent      = "Breezeway/1"
)

// A client sends requests to the remote control of one sender. It must be used by
// one goroutine only.
type client struct {
	options Options
	http    *http.Client
	port    uint16 // 0: unknown, or the sender has none
	until   time.Time
}

func newClient(o Options) client {
	return client{options: o, http: &http.Client{
		Timeout: answerTimeout,
		Transport: &http.Transport{
			Proxy:                  nil, // the sender is on this network
			DialContext:            (&net.Dialer{Timeout: connectTimeout}).DialContext,
			DisableKeepAlives:      true,
			DisableCompression:     true,
			MaxResponseHeaderBytes: maxHeaderBytes,
		},
		// Redirects are not followed: they could lead to another host
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// send sends one request, such as "pause". If the sender no longer listens on the
// port found before, the port is looked up again, once. A request that may have
// arrived is not repeated.
func (c *client) send(ctx context.Context, request string) error {
	port, fresh, err := c.resolve(ctx)
	if err != nil {
		return err
	}
	err = c.get(ctx, port, request)
	if err == nil || errors.Is(err, ErrRefused) {
		return err
	}
	c.forget()
	if fresh || !unreached(err) {
		return err
	}
	if port, _, err = c.resolve(ctx); err != nil {
		return err
	}
	if err = c.get(ctx, port, request); err != nil && !errors.Is(err, ErrRefused) {
		c.forget()
	}
	return err
}

// unreached reports whether no connection was made.
func unreached(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && op.Op == "dial"
}

// resolve returns the port of the sender's remote control; fresh reports whether it
// was looked up now.
func (c *client) resolve(ctx context.Context) (port uint16, fresh bool, err error) {
	if time.Now().Before(c.until) {
		if c.port == 0 {
			return 0, false, ErrNoRemote
		}
		return c.port, false, nil
	}
	port, err = c.options.Find(ctx)
	switch {
	case errors.Is(err, query.ErrNotFound):
		c.port, c.until = 0, time.Now().Add(absenceLifetime)
		return 0, true, ErrNoRemote
	case err != nil:
		return 0, true, fmt.Errorf("dacp: look up: %w", err)
	}
	c.port, c.until = port, time.Now().Add(portLifetime)
	return port, true, nil
}

func (c *client) forget() { c.port, c.until = 0, time.Time{} }

// get makes one request at the sender's own address.
func (c *client) get(ctx context.Context, port uint16, request string) error {
	host := netip.AddrPortFrom(c.options.Sender.Unmap(), port).String()
	url := "http://" + strings.Replace(host, "%", "%25", 1) + "/ctrl-int/1/" + request
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return fmt.Errorf("dacp: %s: %w", request, err)
	}
	req.Header.Set("Active-Remote", c.options.ActiveRemote)
	req.Header.Set("User-Agent", userAgent)
	resp, err := c.http.Do(req)
	if err != nil {
		return fmt.Errorf("dacp: %w", err)
	}
	defer resp.Body.Close()
	if resp.StatusCode/100 != 2 {
		return fmt.Errorf("%w: %s: status %d", ErrRefused, request, resp.StatusCode)
	}
	// Some senders reset a connection that is closed before the end of the answer
	if _, err := io.CopyN(io.Discard, resp.Body, maxBodyBytes); err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("dacp: %s: read answer: %w", request, err)
	}
	return nil
}

// browse looks for the sender's service on the network.
func (o Options) browse(ctx context.Context) (port uint16, err error) {
	s, err := query.Find(ctx, query.Options{Type: serviceType, Interfaces: o.Interfaces(), Port: o.Port},
		func(s query.Service) bool { return isRemote(s.Instance, o.DACPID) })
	return s.Port, err
}

// isRemote reports whether a service is the remote control with an ID. The ID and
// the service's name may differ in leading zeros and in the case of letters.
func isRemote(instance, dacpID string) bool {
	if len(instance) < len(instancePrefix) || !strings.EqualFold(instance[:len(instancePrefix)], instancePrefix) {
		return false
	}
	return strings.EqualFold(strings.TrimLeft(instance[len(instancePrefix):], "0"), strings.TrimLeft(dacpID, "0"))
}
