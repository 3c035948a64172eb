// Package stream serves live sound over HTTP to UPnP renderers: one endless
// resource for each stream, which its player may open, probe, close and open again.
//
// What is written goes into a ring of bounded size; every request has its own
// position in it, so no reader blocks another one or the writer. The first requests
// get all sound since Open (while the ring has it), later ones begin two seconds
// back. Answers follow RFC 9110 and the DLNA guidelines (transferMode.dlna.org,
// contentFeatures.dlna.org), and do what players are known to need: HEAD, several
// GETs at once, ranges within what is kept, three ways to state that there is no
// length, header names in exact case, no Accept-Ranges. MP3 carries ICY metadata for
// players that ask for it.
//
// Encoding and HTTPS are left out.
package stream

import (
	"crypto/rand"
	"errors"
	"net/http"
	"net/netip"
	"strconv"
	"sync"
	"time"

	"github.com/rs/zerolog"
)

// Prefix is the path under which a Server must be mounted.
const Prefix = "/stream/"

// defaultWriteTimeout is how long a player may read nothing before its connection is
// closed.
const defaultWriteTimeout = 30 * time.Second

// ServerOptions of a Server.
type ServerOptions struct {
	Log          zerolog.Logger
	WriteTimeout time.Duration // a player that reads nothing for this long is dropped; 0 means 30 s
}

// A Server answers the requests for all open streams. It is an http.Handler
// for the paths under Prefix.
type Server struct {
	log          zerolog.Logger
	writeTimeout time.Duration
	ended        endedList

	mu      sync.Mutex // guards all below
	streams map[string]*Stream
	opened  uint64 // makes each path new: players cache by URL
}

// New makes a Server without streams.
func New(opts ServerOptions) *Server {
	if opts.WriteTimeout == 0 {
		opts.WriteTimeout = defaultWriteTimeout
	}
	return &Server{log: opts.Log, writeTimeout: opts.WriteTimeout, streams: make(map[string]*Stream)}
}

// Open makes a stream and serves it until it is discarded.
func (s *Server) Open(opts Options) *Stream {
	token := rand.Text() // 128 bits, cannot be guessed

	s.mu.Lock()
	defer s.mu.Unlock()
	s.opened++
	path := Prefix + token + "/" + strconv.FormatUint(s.opened, 10) + opts.Codec.Extension()
	st := newStream(path, opts, func() { s.forget(path) })
	s.streams[path] = st
	return st
}

func (s *Server) forget(path string) {
	s.mu.Lock()
	st := s.streams[path]
	delete(s.streams, path)
	s.mu.Unlock()
	if st != nil {
		s.ended.add(path, st.opts, time.Now())
	}
}

func (s *Server) find(path string) *Stream {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.streams[path]
}

// IsSpeaker reports whether an open stream is for the speaker at addr.
func (s *Server) IsSpeaker(addr netip.Addr) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, st := range s.streams {
		if st.opts.Peer.IsValid() && plain(st.opts.Peer) == plain(addr) {
			return true
		}
	}
	return false
}

// ServeHTTP answers one request: 404 for an unknown path, 403 for a peer that
// may not read, 405 for a method other than GET and HEAD, 416 for a range that is
// not kept, 503 for too many readers.
func (s *Server) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	st := s.find(req.URL.Path)
	if st == nil {
		s.ended.report(req)
		http.NotFound(w, req)
		return
	}
	if !admits(st.opts.Peer, req.RemoteAddr) {
		st.refusal.Do(func() {
			s.log.Warn().Str("peer", req.RemoteAddr).Stringer("speaker", st.opts.Peer).Msg("refused a request for the stream: it does not come from the speaker")
		})
		http.Error(w, "not for you", http.StatusForbidden)
		return
	}
	if req.Method != http.MethodGet && req.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "only GET and HEAD", http.StatusMethodNotAllowed)
		return
	}
	st.request()
	if req.Method == http.MethodHead {
		describe(w.Header(), st.opts, http.StatusOK, byteRange{last: openEnd})
		if wantsICY(st.opts.Codec, req) {
			describeICY(w.Header(), st.opts.Name)
		}
		w.WriteHeader(http.StatusOK)
		return
	}
	s.answer(st, w, req)
}

// answer serves a GET.
func (s *Server) answer(st *Stream, w http.ResponseWriter, req *http.Request) {
	r := newReader(w, s.writeTimeout)
	_ = r.conn.SetReadDeadline(time.Time{}) // an answer takes longer than Serve's limit for requests; fails on a dead connection
	status, promised, prefix := st.join(r, req.Header.Get("Range"), time.Now())
	switch status {
	case http.StatusOK, http.StatusPartialContent:
		defer st.leave(r)
	case http.StatusRequestedRangeNotSatisfiable:
		w.Header().Set("Content-Range", "bytes */"+strconv.Itoa(fakeLength))
		http.Error(w, "no such piece of a live stream", status)
		return
	default:
		http.Error(w, http.StatusText(status), status)
		return
	}

	log := s.log.With().Str("peer", req.RemoteAddr).Str("path", req.URL.Path).Logger()
	log.Debug().Int("status", status).Str("range", req.Header.Get("Range")).Msg("speaker fetches the stream")
	describe(w.Header(), st.opts, status, promised)
	if promised.whole() && wantsICY(st.opts.Codec, req) { // metadata would shift the positions of any other range
		describeICY(w.Header(), st.opts.Name)
		r.w = newICYWriter(w, st.currentTitle)
	}
	w.WriteHeader(status)
	err := deliver(req.Context(), st, r, prefix)
	log.Debug().Err(err).Msg("speaker stopped fetching the stream")
	if errors.Is(err, ErrClosed) || errors.Is(err, errOverrun) {
		panic(http.ErrAbortHandler) // a chunked answer must not look finished
	}
}
