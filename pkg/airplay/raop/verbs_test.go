package raop_test

import (
	"crypto/md5"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"testing"

	"github.com/rs/zerolog"

	"github.com/breezeway-audio/breezeway/pkg/airplay/raop"
	"github.com/breezeway-audio/breezeway/pkg/airplay/rtsp"
)

func TestRequestsWithoutSession(t *testing.T) {
	owner := newRecorder()
	s := newSender(t, startReceiver(t, raop.Options{Handler: owner}), loopback)
	for _, test := range []struct {
		want                 int
		method, header, body string
	}{
		{200, "OPTIONS", "", ""},
		{400, "OPTIONS", "Apple-Challenge: !\n", ""},
		{400, "ANNOUNCE", "", "nonsense"},
		{415, "ANNOUNCE", "", "m=audio 0 RTP/AVP 96\r\na=rtpmap:96 mpeg4-generic/44100/2\r\n"},
		{456, "ANNOUNCE", "", plainSDP + "a=aesiv:AAAA\r\n"},
		{456, "ANNOUNCE", "", plainSDP + "a=rsaaeskey:AAAA\r\na=aesiv:AAAAAAAAAAAAAAAAAAAAAA\r\n"},
		{455, "SETUP", "", ""},
		{455, "RECORD", "", ""},
		{400, "RECORD", "RTP-Info: seq=x\n", ""},
		{200, "FLUSH", "RTP-Info: seq=1;rtptime=2\n", ""},
		{400, "FLUSH", "RTP-Info: seq=x\n", ""},
		{200, "PAUSE", "", ""},
		{200, "GET_PARAMETER", "", ""},
		{200, "SET_PARAMETER", "Content-Type: text/parameters\n", "volume: -20\r\nprogress: x\r\n"},
		{400, "SET_PARAMETER", "Content-Type: text/parameters\n", "volume: loud\r\n"},
		{200, "SET_PARAMETER", "Content-Type: application/octet-stream\n", "???"},
		{404, "GET", "", ""},
		{404, "POST", "", ""},
		{501, "DESCRIBE", "", ""},
		{501, "options", "", ""},
	} {
		s.want(test.want, test.method, test.header, test.body)
	}
	if said := owner.said(); len(said) != 0 {
		t.Errorf("the owner was told %q", said)
	}
}

func TestGetParameterVolume(t *testing.T) {
	s := newSender(t, startReceiver(t, raop.Options{Handler: newRecorder()}), loopback)
	response := s.want(200, "GET_PARAMETER", "Content-Type: text/parameters\n", "volume\r\n")
	if want, got := "volume: -11.123877\r\n", string(response.Body); got != want {
		t.Errorf("want %q, got %q", want, got)
	}
	if want, got := "text/parameters", response.Header.Get("Content-Type"); got != want {
		t.Errorf("want %s, got %s", want, got)
	}
}

const pngStart = "\x89PNG\r\n\x1a\n"

func TestSetParameter(t *testing.T) {
	owner := newRecorder()
	s := newSender(t, startReceiver(t, raop.Options{Handler: owner}), loopback)
	s.play()
	dmap := func(title string) string {
		return "minm" + string(binary.BigEndian.AppendUint32(nil, uint32(len(title)))) + title
	}
	const dmapType = "Content-Type: application/x-dmap-tagged\nRTP-Info: rtptime=5\n"
	s.want(200, "SET_PARAMETER", dmapType, dmap("One"))
	s.want(200, "SET_PARAMETER", dmapType, dmap("One")) // not told again
	s.want(200, "SET_PARAMETER", "Content-Type: application/x-dmap-tagged\nRTP-Info: rtptime=soon\n", dmap("Two"))
	s.want(200, "SET_PARAMETER", "Content-Type: Text/Parameters; charset=utf-8\n", "Volume: -30\r\nprogress: 0/44100/88200\r\n")
	s.want(400, "SET_PARAMETER", "Content-Type: text/parameters\n", "progress: 1/2\r\n")
	s.want(200, "SET_PARAMETER", "Content-Type: image/jpeg\n", pngStart+strings.Repeat("x", 300_000))
	want := []string{"play 1/1", "metadata  /  / One", "metadata  /  / Two", "volume -30.00", "progress 1s of 2s", "artwork image/png 300008 bytes"}
	if got := owner.said(); strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("want %q\ngot  %q", want, got)
	}
}

func TestClientInfo(t *testing.T) {
	owner := newRecorder()
	s := newSender(t, startReceiver(t, raop.Options{Handler: owner}), loopback)
	s.want(200, "OPTIONS", "User-Agent: AirPlay/745.83\nDACP-ID: 48F3\nClient-Instance: 56B2\nActive-Remote: 35713984200000\nX-Apple-Client-Name: iPhone\n", "")
	s.play()
	client := owner.session.Client()
	want := raop.ClientInfo{
		Name:         "iPhone",
		UserAgent:    "AirPlay/745.83",
		Addr:         s.conn.LocalAddr().(*net.TCPAddr).AddrPort(),
		DACPID:       "48F3",
		Instance:     "56B2",
		ActiveRemote: "35713984200000",
	}
	if client != want {
		t.Errorf("want %+v, got %+v", want, client)
	}
}

// authorization answers a digest challenge: hexadecimal is how the sender
// writes its hashes.
func authorization(method, uri, nonce, password string, hexadecimal func([]byte) string) string {
	return "Authorization: Digest " + digestOf("iTunes", method, uri, nonce, password, hexadecimal) + "\n"
}

func digestOf(user, method, uri, nonce, password string, hexadecimal func([]byte) string) string {
	hash := func(s string) string {
		sum := md5.Sum([]byte(s))
		return hexadecimal(sum[:])
	}
	response := hash(hash(user+":raop:"+password) + ":" + nonce + ":" + hash(method+":"+uri))
	return fmt.Sprintf(`username="%s", realm="raop", nonce="%s", uri="%s", response="%s"`, user, nonce, uri, response)
}

func small(b []byte) string    { return hex.EncodeToString(b) }
func capitals(b []byte) string { return strings.ToUpper(hex.EncodeToString(b)) }

// nonceOf asks without a password and gives the nonce of the demand.
func nonceOf(t *testing.T, s *sender, method string) string {
	t.Helper()
	demand := s.want(rtsp.StatusUnauthorized, method, "", "").Header.Get("WWW-Authenticate")
	parts := strings.Split(demand, `"`)
	if len(parts) != 5 || parts[0] != "Digest realm=" || parts[1] != "raop" {
		t.Fatalf("pyatv would not understand %q", demand)
	}
	return parts[3]
}

func TestPassword(t *testing.T) {
	for name, hexadecimal := range map[string]func([]byte) string{"small letters": small, "capitals": capitals} {
		t.Run(name, func(t *testing.T) {
			r := startReceiver(t, raop.Options{Handler: newRecorder(), Password: "secret"})
			s := newSender(t, r, loopback)
			for _, method := range []string{"OPTIONS", "SETUP", "POST", "GET", "NONSENSE"} {
				s.want(401, method, "", "")
			}
			nonce := nonceOf(t, s, "ANNOUNCE")
			if again := nonceOf(t, s, "ANNOUNCE"); again != nonce {
				t.Errorf("the nonce changed from %s to %s", nonce, again)
			}
			s.want(401, "ANNOUNCE", authorization("ANNOUNCE", "*", nonce, "Secret", hexadecimal), plainSDP)
			s.want(401, "ANNOUNCE", "Authorization: Basic aVR1bmVzOnNlY3JldA==\n", plainSDP)
			s.want(200, "ANNOUNCE", authorization("ANNOUNCE", "*", nonce, "secret", hexadecimal), plainSDP)
			s.want(200, "SETUP", s.transport(), "")
			if got := r.Stats().FailedLogins; got != 1 {
				t.Errorf("want 1 wrong password, got %d", got)
			}
		})
	}
}

// TestPasswordOfPipeWire: one answer, made for OPTIONS, in every request.
func TestPasswordOfPipeWire(t *testing.T) {
	s := newSender(t, startReceiver(t, raop.Options{Handler: newRecorder(), Password: "secret"}), loopback)
	answer := authorization("OPTIONS", "rtsp://127.0.0.1/1", nonceOf(t, s, "OPTIONS"), "secret", small)
	s.want(200, "OPTIONS", answer, "")
	s.want(200, "ANNOUNCE", answer, plainSDP)
	s.want(200, "SETUP", answer+s.transport(), "")
	s.want(200, "RECORD", answer, "")
}

// TestPasswordOfPulseAudio: the password on the first connection, nothing of
// it on the second.
func TestPasswordOfPulseAudio(t *testing.T) {
	const agent = "User-Agent: iTunes/11.0.4 (Windows; N)\n"
	r := startReceiver(t, raop.Options{Handler: newRecorder(), Password: "secret"})
	s := newSender(t, r, loopback)
	s.want(200, "OPTIONS", agent+authorization("OPTIONS", "*", nonceOf(t, s, "OPTIONS"), "secret", small), "")
	s.connect()
	s.want(200, "ANNOUNCE", agent, plainSDP)
	s.connect()
	s.want(401, "ANNOUNCE", "User-Agent: another\n", plainSDP)
	newSender(t, r, otherHost).want(401, "ANNOUNCE", agent, plainSDP)
}

func TestGuessingIsSlow(t *testing.T) {
	r := startReceiver(t, raop.Options{Handler: newRecorder(), Password: "secret"})
	s := newSender(t, r, loopback)
	for range 3 {
		s.want(401, "OPTIONS", authorization("OPTIONS", "*", nonceOf(t, s, "OPTIONS"), "guess", small), "")
	}
	s.connect() // another connection does not help
	s.want(401, "OPTIONS", authorization("OPTIONS", "*", nonceOf(t, s, "OPTIONS"), "secret", small), "")
	stale := authorization("OPTIONS", "*", "0123", "secret", small)
	s.want(401, "OPTIONS", stale, "")
	other := newSender(t, r, otherHost)
	other.want(200, "OPTIONS", authorization("OPTIONS", "*", nonceOf(t, other, "OPTIONS"), "secret", small), "")
	if got := r.Stats().FailedLogins; got != 3 {
		t.Errorf("want 3 wrong passwords, got %d", got)
	}
}

// TestManyGuessersAreLoggedRarely guesses from 300 addresses. Who is known
// plays.
func TestManyGuessersAreLoggedRarely(t *testing.T) {
	const agent = "User-Agent: AirPlay/745\n"
	var log lockedBuffer
	r := startReceiver(t, raop.Options{Handler: newRecorder(), Password: "secret", Log: zerolog.New(&log)})
	known := newSender(t, r, otherHost)
	known.want(200, "OPTIONS", agent+authorization("OPTIONS", "*", nonceOf(t, known, "OPTIONS"), "secret", small), "")
	guesser := newSender(t, r, loopback)
	for i := range 300 {
		guesser.addr = netip.AddrFrom4([4]byte{127, 6, byte(i >> 8), byte(i)})
		guesser.connect()
		guesser.want(401, "OPTIONS", authorization("OPTIONS", "*", nonceOf(t, guesser, "OPTIONS"), fmt.Sprint("guess", i), small), "")
	}
	if got := r.Stats().FailedLogins; got < 10 || got > 15 { // five more are due in 30 s
		t.Errorf("want 10 passwords looked at, got %d", got)
	}
	if got := log.lines(); got < 1 || got > 10 {
		t.Errorf("want 5 log lines, got %d", got)
	}
	guesser.want(401, "OPTIONS", authorization("OPTIONS", "*", guesser.nonce, "secret", small), "")
	known.connect()
	known.want(200, "ANNOUNCE", agent, plainSDP)
}

func TestUnaskedPasswordIsIgnored(t *testing.T) {
	s := newSender(t, startReceiver(t, raop.Options{Handler: newRecorder()}), loopback)
	s.want(200, "ANNOUNCE", authorization("ANNOUNCE", "*", "1", "anything", small), plainSDP)
}
