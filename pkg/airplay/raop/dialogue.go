package raop

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/airplay/auth"
	"github.com/breezeway-audio/breezeway/pkg/airplay/rtsp"
)

const nonceBytes = 16

// A dialogue is one RTSP connection: its peer, whether the peer sent the password,
// and the session that it began. It is used by the connection's goroutine only.
type dialogue struct {
	receiver    *Receiver
	conn        rtsp.Conn
	peer        rtsp.Peer
	client      ClientInfo
	nonce       string // of the digest; the same as long as the connection lasts
	admitted    bool   // sent the password, or does not need to
	session     *Session
	described   description // of the music, last
	lastRequest time.Time
	closeReason string // why the connection ended, for the session's Teardown
}

func newDialogue(r *Receiver, peer rtsp.Peer, conn rtsp.Conn) *dialogue {
	return &dialogue{
		receiver:    r,
		conn:        conn,
		peer:        peer,
		client:      ClientInfo{Addr: peer.Remote},
		nonce:       newNonce(),
		admitted:    r.options.Password == "",
		lastRequest: time.Now(),
		closeReason: "connection closed",
	}
}

func newNonce() string {
	var b [nonceBytes]byte
	_, _ = rand.Read(b[:]) // never fails, by its documentation
	return hex.EncodeToString(b[:])
}

// Handle answers one request.
func (d *dialogue) Handle(request *rtsp.Request) (*rtsp.Response, bool) {
	d.lastRequest = time.Now()
	d.readClientInfo(request.Header)
	response := &rtsp.Response{Status: rtsp.StatusOK}
	if err := d.serve(request, response); err != nil {
		response.Status = statusOf(err)
		if !errors.Is(err, errUnauthorized) { // expected: with a password every connection starts with this error
			d.receiver.logRefused(d.peer, err)
		}
		return response, false
	}
	return response, request.Method == "TEARDOWN"
}

// Closed ends the session with its connection.
func (d *dialogue) Closed() { d.finish(d.closeReason) }

// finish ends the session, if there is one.
func (d *dialogue) finish(reason string) {
	if d.session == nil {
		return
	}
	d.session.end(reason)
	d.session = nil
}

// alive reports whether the connection should be kept open at now.
func (d *dialogue) alive(now time.Time) bool {
	if d.session == nil {
		return now.Sub(d.lastRequest) < connectionIdle
	}
	idle := d.receiver.options.SessionIdle
	if now.Sub(d.lastRequest) < idle || now.Sub(d.session.udp.latestAudio()) < idle {
		return true
	}
	d.closeReason = "nothing received from the sender for " + idle.String()
	return false
}

// bodyBytes is the limit of the next body's length. Only connections with a session
// may send cover art, and no other body is larger than the ANNOUNCE that begins one.
func (d *dialogue) bodyBytes() int {
	if d.session == nil {
		return maxSDPBytes
	}
	return rtsp.DefaultLimits.BodyBytes
}

// readClientInfo stores what a request's header says about the sender.
func (d *dialogue) readClientInfo(header rtsp.Header) {
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

// serve fills in the response. An Apple-Challenge is answered even where the
// request fails.
func (d *dialogue) serve(request *rtsp.Request, response *rtsp.Response) error {
	if challenge := request.Header.Get("Apple-Challenge"); challenge != "" {
		answer, err := appleResponse(challenge, d.peer.Local.Addr(), d.receiver.options.ID)
		if err != nil {
			return err
		}
		response.Header.Add("Apple-Response", answer)
	}
	if err := d.admit(request); err != nil {
		response.Header.Add("WWW-Authenticate", auth.DigestChallenge(d.nonce))
		return err
	}
	verb, found := verbs[request.Method]
	if !found {
		return errMethod
	}
	return verb(d, request, response)
}

// admit checks the password. A connection that sent it once is not asked again:
// PipeWire repeats the digest of its first request for ever.
func (d *dialogue) admit(request *rtsp.Request) error {
	limiter, peer, now := &d.receiver.authLimiter, d.peer.Remote.Addr(), d.lastRequest
	if d.admitted {
		return nil
	}
	if limiter.IsAdmitted(peer, d.client.UserAgent, now) {
		d.markAdmitted(limiter)
		return nil
	}
	authorization := request.Header.Get("Authorization")
	if authorization == "" || !limiter.Allows(peer, now) {
		return errUnauthorized
	}
	digest, err := auth.ParseDigest(authorization)
	if err != nil {
		return errors.Join(errPassword, err)
	}
	if digest.Nonce != d.nonce {
		return errUnauthorized // of an earlier connection: stale, not a wrong password
	}
	if !digest.Proves(d.receiver.options.Password, request.Method) {
		limiter.Fail(peer, now)
		d.receiver.countFailedLogin()
		return errPassword
	}
	d.markAdmitted(limiter)
	return nil
}

func (d *dialogue) markAdmitted(limiter *auth.Limiter) {
	limiter.Admit(d.peer.Remote.Addr(), d.client.UserAgent, d.lastRequest)
	d.admitted = true
}
