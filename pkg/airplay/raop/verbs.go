package raop

import (
	"fmt"
	"slices"
	"strings"

	"github.com/breezeway-audio/breezeway/pkg/airplay/rtsp"
)

// A verb answers one kind of request: it completes response, which is a plain 200.
type verb func(d *dialogue, request *rtsp.Request, response *rtsp.Response) error

var verbs = map[string]verb{
	"OPTIONS":       (*dialogue).options,
	"ANNOUNCE":      (*dialogue).announce,
	"SETUP":         (*dialogue).setup,
	"RECORD":        (*dialogue).record,
	"PAUSE":         (*dialogue).pause,
	"FLUSH":         (*dialogue).flush,
	"TEARDOWN":      (*dialogue).teardown,
	"GET_PARAMETER": (*dialogue).getParameter,
	"SET_PARAMETER": (*dialogue).setParameter,
	"POST":          (*dialogue).post,
	"GET":           (*dialogue).get,
}

const (
	// publicMethods leaves POST out: OwnTone takes it as a sign of MFi authentication.
	publicMethods = "ANNOUNCE, SETUP, RECORD, PAUSE, FLUSH, TEARDOWN, OPTIONS, GET_PARAMETER, SET_PARAMETER"
	// sessionID is a decimal number, since pyatv expects one; a connection never has
	// more than one session.
	sessionID = "1"
	// audioLatencyFrames is that of an AirPort Express: a quarter of a second.
	audioLatencyFrames = "11025"
	audioJack          = "connected; type=analog" // PulseAudio logs an error without it
)

// acceptedPosts are answered with an empty 200. Only senders that ignore the
// answer, or that fail at any other status, send them to an AirPlay 1 speaker.
var acceptedPosts = []string{"/feedback", "/auth-setup"}

func (d *dialogue) options(_ *rtsp.Request, response *rtsp.Response) error {
	response.Header.Add("Public", publicMethods)
	return nil
}

// announce begins a session, and ends one that the connection still has.
func (d *dialogue) announce(request *rtsp.Request, _ *rtsp.Response) error {
	announced, err := parseSDP(request.Body)
	if err != nil {
		return err
	}
	d.finish("the sender announced another")
	session, err := d.newSession(announced)
	if err != nil {
		return err
	}
	session.step(inputAnnounce, nil)
	if err := d.receiver.claim(session); err != nil {
		return err
	}
	d.session, d.described = session, description{}
	return nil
}

func (d *dialogue) newSession(a announcement) (*Session, error) {
	client := d.client
	if a.clientName != "" {
		client.Name = a.clientName
	}
	options := &d.receiver.options
	s := newSession(options.Handler, a.params, client, options.Log.With().Stringer("sender", d.peer.Remote).Logger())
	s.conn, s.release = d.conn, d.receiver.release
	if !a.params.Encrypted {
		return s, nil
	}
	key, err := unwrapSessionKey(a.wrappedKey)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errEncryption, err)
	}
	if s.cipher, err = newPacketCipher(key, a.iv); err != nil {
		return nil, fmt.Errorf("%w: %w", errEncryption, err)
	}
	return s, nil
}

// setup opens the UDP sockets. When that fails the session is over, so that a
// half-open one does not keep other senders out.
func (d *dialogue) setup(request *rtsp.Request, response *rtsp.Response) error {
	if d.session == nil {
		return errState
	}
	sender, err := parseTransport(request.Header.Get("Transport"))
	if err != nil {
		d.finish("its SETUP cannot be accepted")
		return err
	}
	options := &d.receiver.options
	own, err := openSockets(d.peer.Local.Addr(), options.UDPPorts, d.receiver.nextUDP(), options.OnBusyUDP)
	if err != nil {
		d.finish("no free UDP ports")
		return err
	}
	if !d.session.setUp(own, sender) {
		own.close()
		return errState
	}
	response.Header.Add("Transport", own.ports().String())
	response.Header.Add("Session", sessionID)
	response.Header.Add("Audio-Jack-Status", audioJack)
	return nil
}

func (d *dialogue) record(request *rtsp.Request, response *rtsp.Response) error {
	first, err := parseRTPInfo(request.Header.Get("RTP-Info"))
	if err != nil {
		return err
	}
	play := Play{Session: d.session, Seq: first.seq, Timestamp: first.timestamp, Known: first.known}
	if !d.step(inputRecord, play) {
		return errState
	}
	response.Header.Add("Audio-Latency", audioLatencyFrames)
	return nil
}

func (d *dialogue) pause(*rtsp.Request, *rtsp.Response) error {
	d.step(inputFlush, Pause{})
	return nil
}

func (d *dialogue) flush(request *rtsp.Request, _ *rtsp.Response) error {
	first, err := parseRTPInfo(request.Header.Get("RTP-Info"))
	if err != nil {
		return err
	}
	d.step(inputFlush, Flush{Seq: first.seq, Timestamp: first.timestamp, All: !first.known})
	return nil
}

func (d *dialogue) teardown(*rtsp.Request, *rtsp.Response) error {
	d.finish("the sender ended it")
	return nil
}

// getParameter returns the volume, the only parameter that is supported; without a
// body the request only keeps the connection alive.
func (d *dialogue) getParameter(request *rtsp.Request, response *rtsp.Response) error {
	if _, wanted := rtsp.ParseParameters(request.Body)["volume"]; !wanted {
		return nil
	}
	response.Header.Add("Content-Type", rtsp.ParametersType)
	response.Body = rtsp.AppendParameter(nil, "volume", formatVolume(d.receiver.options.VolumeDB()))
	return nil
}

// setParameter is accepted in every state: pyatv sets the volume before RECORD.
// Unknown types are accepted and ignored.
func (d *dialogue) setParameter(request *rtsp.Request, _ *rtsp.Response) error {
	contentType, _, _ := strings.Cut(strings.ToLower(request.Header.Get("Content-Type")), ";")
	contentType = strings.TrimSpace(contentType)
	switch {
	case contentType == rtsp.ParametersType:
		return d.setText(request.Body)
	case contentType == "application/x-dmap-tagged":
		d.setTrack(request.Body)
	case strings.HasPrefix(contentType, "image/"): // "image/none" among them
		d.step(inputParameter, artworkOf(request.Body))
	}
	return nil
}

func (d *dialogue) setText(body []byte) error {
	parameters := rtsp.ParseParameters(body)
	if text, given := parameters["volume"]; given {
		volume, err := parseVolume(text)
		if err != nil {
			return err
		}
		d.step(inputParameter, volume)
	}
	if text, given := parameters["progress"]; given && d.session != nil {
		progress, err := parseProgress(text, d.session.params.Format)
		if err != nil {
			return err
		}
		progress.At = d.lastRequest
		d.step(inputParameter, progress)
	}
	return nil
}

// setTrack passes the track on at once: RTP-Info, which may name the packet at
// which it begins, is ignored. Senders repeat it; the owner gets it once.
func (d *dialogue) setTrack(body []byte) {
	description := parseDMAP(body)
	if description == d.described {
		return
	}
	d.described = description
	d.step(inputParameter, Metadata{Track: description.track, State: description.state})
}

func (d *dialogue) post(request *rtsp.Request, _ *rtsp.Response) error {
	if slices.Contains(acceptedPosts, request.URI) {
		return nil
	}
	return errNotFound
}

// get answers /info of AirPlay 2 senders, which do not need it, and web browsers.
func (d *dialogue) get(*rtsp.Request, *rtsp.Response) error { return errNotFound }

// step moves the session to its next state; a connection without a session counts as
// idle. It reports whether in was valid.
func (d *dialogue) step(in input, event Event) bool {
	if d.session == nil {
		_, act := next(stateIdle, in)
		return act&actRefuse == 0
	}
	return d.session.step(in, event)
}
