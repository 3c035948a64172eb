package sender

import (
	"bufio"
	"context"
	"crypto/md5" // RFC 2069 digest authentication knows no other
	"errors"
	"fmt"
	"net"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/airplay/rtsp"
)

// digestUser is what iTunes calls itself.
const digestUser = "iTunes"

// A client is the RTSP connection: one request at a time, each with its answer.
type client struct {
	conn      net.Conn
	r         *bufio.Reader
	turn      chan struct{} // holds one value: whoever has it may use what follows
	userAgent string
	instance  string // Client-Instance
	session   string // of SETUP's answer, "" before
	password  string
	habits    Habits
	realm     string // of the receiver's challenge, "" before one
	nonce     string
	answered  string // Authorization of the first demand, for Habits.ReuseDigest
	cseq      int
}

func newClient(conn net.Conn, o Options, instance string) *client {
	c := &client{
		conn: conn, r: bufio.NewReader(conn), turn: make(chan struct{}, 1),
		userAgent: o.UserAgent, instance: instance, password: o.Password, habits: o.Habits,
	}
	c.turn <- struct{}{}
	return c
}

// A StatusError is a receiver's refusal of a request.
type StatusError struct {
	Method string
	Status int
}

func (e *StatusError) Error() string {
	return fmt.Sprintf("%s: %d %s", e.Method, e.Status, rtsp.StatusText(e.Status))
}

// do sends req with our headers and gives the answer, which must be a 200. A
// demand for the password is met once.
func (c *client) do(ctx context.Context, req *rtsp.Request) (*rtsp.Response, error) {
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-c.turn:
	}
	defer func() { c.turn <- struct{}{} }()

	resp, err := c.exchange(ctx, req)
	if err == nil && resp.Status == rtsp.StatusUnauthorized && c.password != "" {
		if err := c.learnChallenge(resp.Header.Get("WWW-Authenticate")); err != nil {
			return nil, err
		}
		resp, err = c.exchange(ctx, req)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", req.Method, err)
	}
	if resp.Status != rtsp.StatusOK {
		return nil, &StatusError{Method: req.Method, Status: resp.Status}
	}
	if session := resp.Header.Get("Session"); session != "" {
		c.session = session
	}
	return resp, nil
}

// exchange sends req and reads its answer. It gives up when ctx ends; the
// connection is of no use then.
func (c *client) exchange(ctx context.Context, req *rtsp.Request) (*rtsp.Response, error) {
	stop := context.AfterFunc(ctx, func() {
		// A connection without deadline is closed already.
		_ = c.conn.SetDeadline(time.Unix(1, 0))
	})
	defer stop()
	c.cseq++
	full := *req
	full.Header = c.header(req)
	if _, err := c.conn.Write(full.Append(nil)); err != nil {
		return nil, errors.Join(ctx.Err(), err)
	}
	resp, err := rtsp.ReadResponse(c.r, rtsp.DefaultLimits)
	if err != nil {
		return nil, errors.Join(ctx.Err(), err)
	}
	if want, got := strconv.Itoa(c.cseq), resp.Header.Get("CSeq"); want != got {
		return nil, fmt.Errorf("answer has CSeq %q instead of %s", got, want)
	}
	return resp, nil
}

func (c *client) header(req *rtsp.Request) rtsp.Header {
	h := rtsp.Header{{Name: "CSeq", Value: strconv.Itoa(c.cseq)}, {Name: "User-Agent", Value: c.userAgent},
		{Name: "Client-Instance", Value: c.instance}}
	h = append(h, c.habits.Header...)
	if c.session != "" {
		h.Add("Session", c.session)
	}
	if c.nonce != "" {
		h.Add("Authorization", c.authorization(req))
	}
	return append(h, req.Header...)
}

var challengePattern = regexp.MustCompile(`^Digest realm="([^"]*)", ?nonce="([^"]+)"$`)

func (c *client) learnChallenge(header string) error {
	parts := challengePattern.FindStringSubmatch(header)
	if parts == nil {
		return fmt.Errorf("WWW-Authenticate %q: want Digest with realm and nonce", header)
	}
	c.realm, c.nonce, c.answered = parts[1], parts[2], ""
	return nil
}

// authorization answers the challenge (RFC 2069 section 2.1.2).
func (c *client) authorization(req *rtsp.Request) string {
	if c.habits.ReuseDigest && c.answered != "" {
		return c.answered
	}
	name := c.habits.DigestUser
	if name == "" {
		name = digestUser
	}
	user := c.digest(name + ":" + c.realm + ":" + c.password)
	response := c.digest(user + ":" + c.nonce + ":" + c.digest(req.Method+":"+req.URI))
	c.answered = fmt.Sprintf(`Digest username="%s", realm="%s", nonce="%s", uri="%s", response="%s"`,
		name, c.realm, c.nonce, req.URI, response)
	return c.answered
}

func (c *client) digest(text string) string {
	if c.habits.UpperCaseDigest {
		return strings.ToUpper(digest(text))
	}
	return digest(text)
}

func digest(text string) string { return fmt.Sprintf("%x", md5.Sum([]byte(text))) }

// close closes the connection; a request under way fails.
func (c *client) close() error {
	if err := c.conn.Close(); err != nil {
		return fmt.Errorf("sender: close: %w", err)
	}
	return nil
}
