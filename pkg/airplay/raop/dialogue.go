package raop

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/airplay/rtsp"
)

var (
	errUnauthorized = errors.New("raop: no password")
	errPassword     = errors.New("raop: wrong password")
	errState        = errors.New("raop: not in this state")
	errNotFound     = errors.New("raop: no such path")
	errVerb         = errors.New("raop: no such method")
)

const nonceBytes = 16

// A dialogue is one RTSP connection: who is at its other end, whether it knows
// the password, and the session that it began. It lives in the connection's
// goroutine.
type dialogue struct {
	receiver *Receiver
	conn     rtsp.Conn
	peer     rtsp.Peer
	client   ClientInfo
	nonce    string // of the digest; one for the connection's life
	admitted bool   // gave the password, or need not
	session  *Session
	told     description // of the music, last
	asked    time.Time   // the latest request
	farewell string      // why the connection ends
}

func newDialogue(r *Receiver, peer rtsp.Peer, conn rtsp.Conn) *dialogue {
	return &dialogue{
		receiver: r,
		conn:     conn,
		peer:     peer,
		client:   ClientInfo{Addr: peer.Remote},
		nonce:    newNonce(),
		admitted: r.options.Password == "",
		asked:    time.Now(),
		farewell: "connection closed",
	}
}

func newNonce() string {
	var b [nonceBytes]byte
	_, _ = rand.Read(b[:]) // never fails, by its documentation
	return hex.EncodeToString(b[:])
}

// Handle answers one request.
func (d *dialogue) Handle(request *rtsp.Request) (*rtsp.Response, bool) {
	d.asked = time.Now()
	d.note(request.Header)
	response := &rtsp.Response{Status: rtsp.StatusOK}
	if err := d.serve(request, response); err != nil {
		response.Status = statusOf(err)
		if !errors.Is(err, errUnauthorized) { // every dialogue with a password begins so
			d.receiver.complain(d.peer, err)
		}
		return response, false
	}
	return response, request.Method == "TEARDOWN"
}

// Closed ends the session with its connection.
func (d *dialogue) Closed() { d.finish(d.farewell) }

// finish ends the session, if there is one.
func (d *dialogue) finish(reason string) {
	if d.session == nil {
		return
	}
	d.session.end(reason)
	d.session = nil
}

// alive reports whether the connection is worth keeping at now.
func (d *dialogue) alive(now time.Time) bool {
	if d.session == nil {
		return now.Sub(d.asked) < connectionIdle
	}
	idle := d.receiver.options.SessionIdle
	if now.Sub(d.asked) < idle || now.Sub(d.session.lastHeard()) < idle {
		return true
	}
	d.farewell = "nothing heard from the sender for " + idle.String()
	return false
}

// bodyBytes bounds the next body: cover art is for a session, of which there is
// one, and nothing else is larger than the description that begins one.
func (d *dialogue) bodyBytes() int {
	if d.session == nil {
		return maxSDPBytes
	}
	return rtsp.DefaultLimits.BodyBytes
}

// note keeps what a request tells about the sender.
func (d *dialogue) note(header rtsp.Header) {
	for _, f := range []struct {
		name string
		to   *string
	}{
		{"User-Agent", &d.client.UserAgent},
		{"X-Apple-Client-Name", &d.client.Name},
		{"DACP-ID", &d.client.DACPID},
		{"Client-Instance", &d.client.Instance},
		{"Active-Remote", &d.client.ActiveRemote},
	} {
		if value := header.Get(f.name); value != "" {
			*f.to = cleanText(value)
		}
	}
}

// serve fills in the response. Whatever comes of the request, a challenge in
// it is answered.
func (d *dialogue) serve(request *rtsp.Request, response *rtsp.Response) error {
	if challenge := request.Header.Get("Apple-Challenge"); challenge != "" {
		answer, err := appleResponse(challenge, d.peer.Local.Addr(), d.receiver.options.ID)
		if err != nil {
			return err
		}
		response.Header.Add("Apple-Response", answer)
	}
	if err := d.admit(request); err != nil {
		response.Header.Add("WWW-Authenticate", digestDemand(d.nonce))
		return err
	}
	verb, found := verbs[request.Method]
	if !found {
		return errVerb
	}
	return verb(d, request, response)
}

// admit checks the password. Who gave it once on a connection is not asked
// again there: PipeWire repeats the answer to its first request for ever.
func (d *dialogue) admit(request *rtsp.Request) error {
	door, peer, now := &d.receiver.door, d.peer.Remote.Addr(), d.asked
	if d.admitted {
		return nil
	}
	if door.knows(peer, d.client.UserAgent, now) {
		d.welcome(door)
		return nil
	}
	authorization := request.Header.Get("Authorization")
	if authorization == "" || !door.hears(peer, now) {
		return errUnauthorized
	}
	answer, err := parseDigest(authorization)
	if err != nil {
		return errors.Join(errPassword, err)
	}
	if answer.nonce != d.nonce {
		return errUnauthorized // from an earlier connection: no guess, only stale
	}
	if !answer.proves(d.receiver.options.Password, request.Method) {
		door.wrong(peer, now)
		d.receiver.countWrongPassword()
		return errPassword
	}
	d.welcome(door)
	return nil
}

func (d *dialogue) welcome(door *doorkeeper) {
	door.right(d.peer.Remote.Addr(), d.client.UserAgent, d.asked)
	d.admitted = true
}

// statuses give the answer to each kind of failure.
var statuses = []struct {
	failure error
	status  int
}{
	{errUnauthorized, rtsp.StatusUnauthorized},
	{errPassword, rtsp.StatusUnauthorized},
	{ErrMalformed, rtsp.StatusBadRequest},
	{errNotFound, rtsp.StatusNotFound},
	{errCodec, rtsp.StatusUnsupportedMediaType},
	{errBusy, rtsp.StatusNotEnoughBandwidth},
	{errState, rtsp.StatusMethodNotValidInState},
	{errEncryption, rtsp.StatusHeaderFieldNotValid},
	{errTransport, rtsp.StatusUnsupportedTransport},
	{errVerb, rtsp.StatusNotImplemented},
}

func statusOf(err error) int {
	for _, s := range statuses {
		if errors.Is(err, s.failure) {
			return s.status
		}
	}
	return rtsp.StatusInternalServerError
}
