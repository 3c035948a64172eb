package raop

import (
	"net/netip"
	"testing"

	"github.com/rs/zerolog"

	"github.com/breezeway-audio/breezeway/pkg/airplay/rtp"
	"github.com/breezeway-audio/breezeway/pkg/airplay/rtsp"
)

// silentOwner is an owner, and a connection, that does nothing.
type silentOwner struct{}

func (silentOwner) HandleEvent(Event)             {}
func (silentOwner) HandlePacket(*Session, Packet) {}

func (silentOwner) Close() error { return nil }

func silentReceiver(password string) *Receiver {
	return New(Options{Handler: silentOwner{}, VolumeDB: func() float64 { return 0 }, Password: password})
}

var fuzzPeer = rtsp.Peer{
	Local:  netip.MustParseAddrPort("127.0.0.1:5000"),
	Remote: netip.MustParseAddrPort("127.0.0.1:50000"),
}

// FuzzDialogue sends one request after another, all with the same header and
// body, to a connection in each state.
func FuzzDialogue(f *testing.F) {
	f.Add("SETUP", "Transport", "RTP/AVP/UDP;control_port=6001;timing_port=6002", []byte(nil))
	f.Add("RECORD", "RTP-Info", "seq=1;rtptime=2", []byte(nil))
	f.Add("SET_PARAMETER", "Content-Type", "text/parameters", []byte("volume: -20\r\nprogress: 1/2/3"))
	f.Add("SET_PARAMETER", "Content-Type", "application/x-dmap-tagged", []byte(fullDMAP))
	f.Add("GET_PARAMETER", "Content-Type", "text/parameters", []byte("volume"))
	f.Add("ANNOUNCE", "Apple-Challenge", "SdX9kFJVxgKVMFof/Znj4Q", []byte(sdpALAC+sdpFmtp))
	f.Add("POST", "Authorization", cliraopDigest, []byte(nil))
	f.Fuzz(func(t *testing.T, method, name, value string, body []byte) {
		for _, password := range []string{"", "secret"} {
			d := newDialogue(silentReceiver(password), fuzzPeer, silentOwner{})
			request := &rtsp.Request{Method: method, Header: rtsp.Header{{Name: name, Value: value}}, Body: body}
			for _, then := range []*rtsp.Request{
				{Method: "ANNOUNCE", Body: []byte(plainSDP)},
				{Method: "RECORD"},
				{Method: "TEARDOWN"},
			} {
				checkAnswer(t, d, request)
				checkAnswer(t, d, then)
			}
			d.Closed()
		}
	})
}

// cliraopDigest is one that cliraop sent.
const cliraopDigest = `Digest username="iTunes", realm="raop", nonce="45aab010894753d7769c53efa787f40a", uri="rtsp://127.0.0.1/3889513156", response="fd7c83792bcb01dd1ad260d90c6a2038"`

const plainSDP = "m=audio 0 RTP/AVP 96\na=rtpmap:96 L16/44100/2\n"

func checkAnswer(t *testing.T, d *dialogue, request *rtsp.Request) {
	t.Helper()
	response, closeAfter := d.Handle(request)
	if response.Status < 200 || response.Status > 599 || response.Status == rtsp.StatusInternalServerError {
		t.Errorf("%q: status %d", request.Method, response.Status)
	}
	if closeAfter && request.Method != "TEARDOWN" {
		t.Errorf("%q ends the connection", request.Method)
	}
}

// FuzzReceive sends any packet to a session that waits for its first.
func FuzzReceive(f *testing.F) {
	f.Add(rtp.Audio{Marker: true, Seq: 1, Payload: make([]byte, 48)}.Append(nil))
	f.Add(rtp.AppendResent(nil, 1, rtp.Audio{Seq: 1, Payload: make([]byte, 48)}))
	f.Add(rtp.Sync{First: true, Playing: 1, Next: 88201}.Append(nil))
	f.Add(rtp.TimingReply{Receive: 1, Transmit: 2}.Append(nil))
	f.Fuzz(func(t *testing.T, packet []byte) {
		cipher, err := newPacketCipher(make([]byte, 16), make([]byte, 16))
		if err != nil {
			t.Fatal(err)
		}
		s := newSession(silentOwner{}, cdALAC(), ClientInfo{Addr: fuzzPeer.Remote}, zerolog.Nop())
		s.state, s.cipher = stateReady, cipher
		s.udp.receive(packet, begin)
		stats := s.Stats()
		counted := stats.Received + stats.Resent + stats.Unavailable + stats.Malformed
		if _, synced := s.Latency(); synced {
			counted++
		}
		if counted != 1 && rtp.KindOf(packet) != rtp.KindTimingReply {
			t.Errorf("counted %d times: %+v", counted, stats)
		}
		s.end("over")
	})
}
