package sender

import (
	"bufio"
	"context"
	"crypto"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/breezeway-audio/breezeway/pkg/airplay/rtp"
	"github.com/breezeway-audio/breezeway/pkg/airplay/rtsp"
	"github.com/breezeway-audio/breezeway/pkg/audio/alac"
	"github.com/breezeway-audio/breezeway/pkg/sim/alacenc"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const waitTimeout = 10 * time.Second

var (
	loopback = netip.MustParseAddr("127.0.0.1")
	fakeID   = ReceiverID{0x02, 0x11, 0x22, 0x33, 0x44, 0x55}
)

// fakeKey stands in for the AirPort's private key.
var fakeKey = sync.OnceValues(func() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, 2048) })

// fakeReceiver is the other end of one session: it answers all requests with
// 200, as it was told, and collects what comes by UDP.
type fakeReceiver struct {
	t        *testing.T
	key      *rsa.PrivateKey
	listener net.Listener
	audio    *net.UDPConn
	control  *net.UDPConn
	timing   *net.UDPConn
	password string
	refuse   map[string]int // status by method
	silent   bool           // takes requests and never answers
	done     sync.WaitGroup

	mu       sync.Mutex // guards what follows
	requests []*rtsp.Request
	packets  []rtp.Audio
	resent   []rtp.Audio
	syncs    []rtp.Sync
	toSender map[string]uint16 // the sender's ports, by their name in Transport
}

func newFake(t *testing.T, adjust func(*fakeReceiver)) *fakeReceiver {
	t.Helper()
	key, err := fakeKey()
	if err != nil {
		t.Fatal(err)
	}
	f := &fakeReceiver{t: t, key: key, toSender: map[string]uint16{}}
	if f.listener, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	for _, conn := range []**net.UDPConn{&f.audio, &f.control, &f.timing} {
		if *conn, err = net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)}); err != nil {
			t.Fatal(err)
		}
		if err = (*conn).SetReadBuffer(1 << 20); err != nil { // senders here are faster than real ones
			t.Fatal(err)
		}
	}
	if adjust != nil {
		adjust(f)
	}
	f.done.Go(f.serve)
	f.done.Go(func() { f.collect(f.audio) })
	f.done.Go(func() { f.collect(f.control) })
	t.Cleanup(func() {
		f.listener.Close()
		f.audio.Close()
		f.control.Close()
		f.timing.Close()
		f.done.Wait()
	})
	return f
}

func (f *fakeReceiver) serve() {
	for {
		conn, err := f.listener.Accept()
		if err != nil {
			return
		}
		f.done.Go(func() { f.talk(conn) })
	}
}

func (f *fakeReceiver) talk(conn net.Conn) {
	defer conn.Close()
	r := bufio.NewReader(conn)
	for {
		req, err := rtsp.ReadRequest(r, rtsp.DefaultLimits)
		if err != nil {
			return
		}
		f.mu.Lock()
		f.requests = append(f.requests, req)
		f.mu.Unlock()
		if f.silent {
			continue
		}
		resp := f.answer(req)
		resp.Header.Set("CSeq", req.Header.Get("CSeq"))
		if _, err := conn.Write(resp.Append(nil)); err != nil {
			return
		}
	}
}

func (f *fakeReceiver) answer(req *rtsp.Request) *rtsp.Response {
	resp := &rtsp.Response{Status: rtsp.StatusOK}
	if f.password != "" && !strings.Contains(req.Header.Get("Authorization"), f.digest(req)) {
		resp.Status = rtsp.StatusUnauthorized
		resp.Header.Set("WWW-Authenticate", `Digest realm="raop", nonce="c0ffee"`)
		return resp
	}
	if status := f.refuse[req.Method]; status != 0 {
		resp.Status = status
		return resp
	}
	switch req.Method {
	case "OPTIONS":
		resp.Header.Set("Apple-Response", f.sign(req.Header.Get("Apple-Challenge")))
	case "SETUP":
		f.mu.Lock()
		for _, name := range []string{"control_port", "timing_port"} {
			n, err := port(req.Header.Get("Transport"), name)
			if err != nil {
				f.t.Error(err)
			}
			f.toSender[name] = n
		}
		f.mu.Unlock()
		resp.Header.Set("Session", "1")
		resp.Header.Set("Transport", fmt.Sprintf("RTP/AVP/UDP;unicast;mode=record;server_port=%d;control_port=%d;timing_port=%d",
			localPort(f.audio), localPort(f.control), localPort(f.timing)))
	case "GET_PARAMETER":
		resp.Body = []byte("volume: -11.250000\r\n")
	}
	return resp
}

func (f *fakeReceiver) digest(req *rtsp.Request) string {
	user := digest(digestUser + ":raop:" + f.password)
	return fmt.Sprintf("response=%q", digest(user+":c0ffee:"+digest(req.Method+":"+req.URI)))
}

func (f *fakeReceiver) sign(challenge string) string {
	c, err := base64.RawStdEncoding.DecodeString(challenge)
	if err != nil {
		f.t.Errorf("Apple-Challenge: %v", err)
	}
	return signed(f.t, f.key, signedMessage(c, loopback, fakeID))
}

func signedMessage(challenge []byte, addr netip.Addr, id ReceiverID) []byte {
	message := append(append(append([]byte(nil), challenge...), addr.AsSlice()...), id[:]...)
	for len(message) < minSignedBytes {
		message = append(message, 0)
	}
	return message
}

func signed(t *testing.T, key *rsa.PrivateKey, message []byte) string {
	t.Helper()
	signature, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.Hash(0), message)
	if err != nil {
		t.Errorf("sign: %v", err)
	}
	return base64.RawStdEncoding.EncodeToString(signature)
}

func localPort(conn *net.UDPConn) uint16 { return conn.LocalAddr().(*net.UDPAddr).AddrPort().Port() }

func (f *fakeReceiver) collect(conn *net.UDPConn) {
	buf := make([]byte, 4096)
	for {
		n, err := conn.Read(buf)
		if err != nil {
			return
		}
		f.take(append([]byte(nil), buf[:n]...))
	}
}

func (f *fakeReceiver) take(b []byte) {
	f.mu.Lock()
	defer f.mu.Unlock()
	var err error
	switch kind := rtp.KindOf(b); kind {
	case rtp.KindAudio:
		var a rtp.Audio
		a, err = rtp.ParseAudio(b)
		f.packets = append(f.packets, a)
	case rtp.KindResent:
		var a rtp.Audio
		a, err = rtp.ParseResent(b)
		f.resent = append(f.resent, a)
	case rtp.KindSync:
		var s rtp.Sync
		s, err = rtp.ParseSync(b)
		f.syncs = append(f.syncs, s)
	default:
		err = fmt.Errorf("unexpected packet %v", kind)
	}
	if err != nil {
		f.t.Error(err)
	}
}

// got gives copies of what came so far.
func (f *fakeReceiver) got() (packets, resent []rtp.Audio, syncs []rtp.Sync) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append(packets, f.packets...), append(resent, f.resent...), append(syncs, f.syncs...)
}

// asked gives the requests so far.
func (f *fakeReceiver) asked() []*rtsp.Request {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]*rtsp.Request(nil), f.requests...)
}

func (f *fakeReceiver) senderPort(name string) netip.AddrPort {
	f.mu.Lock()
	defer f.mu.Unlock()
	return netip.AddrPortFrom(loopback, f.toSender[name])
}

// announced finds the value of an "a=" line of the ANNOUNCE.
func (f *fakeReceiver) announced(name string) string {
	for _, req := range f.asked() {
		for line := range strings.SplitSeq(string(req.Body), "\r\n") {
			if value, ok := strings.CutPrefix(line, "a="+name+":"); ok && req.Method == "ANNOUNCE" {
				return value
			}
		}
	}
	return ""
}

// decrypt decrypts a payload with the key that was announced, if one was.
func (f *fakeReceiver) decrypt(payload []byte) []byte {
	f.t.Helper()
	if f.announced("rsaaeskey") == "" {
		return payload
	}
	wrapped, err1 := base64.StdEncoding.DecodeString(f.announced("rsaaeskey"))
	iv, err2 := base64.StdEncoding.DecodeString(f.announced("aesiv"))
	key, err3 := rsa.DecryptOAEP(sha1.New(), nil, f.key, wrapped, nil)
	if err := errors.Join(err1, err2, err3); err != nil {
		f.t.Fatal(err)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		f.t.Fatal(err)
	}
	clear := append([]byte(nil), payload...)
	whole := len(clear) / aes.BlockSize * aes.BlockSize
	cipher.NewCBCDecrypter(block, iv).CryptBlocks(clear[:whole], clear[:whole])
	return clear
}

// decode gives the sound of a payload.
func (f *fakeReceiver) decode(payload []byte) []int32 {
	f.t.Helper()
	payload = f.decrypt(payload)
	if strings.Contains(f.announced("rtpmap"), "L16") {
		var pcm []int32
		for i := 0; i < len(payload); i += 2 {
			pcm = append(pcm, int32(int16(payload[i])<<8|int16(payload[i+1])))
		}
		return pcm
	}
	d, err := alac.NewDecoder(alac.Config{
		FrameLength: DefaultFrameLength, BitDepth: alacenc.BitDepth, PB: alacenc.PB, MB: alacenc.MB, KB: alacenc.KB,
		Channels: alacenc.Channels, MaxRun: alacenc.MaxRun, SampleRate: 44100,
	})
	if err != nil {
		f.t.Fatal(err)
	}
	pcm := make([]int32, 2*DefaultFrameLength)
	frames, err := d.Decode(pcm, payload)
	if err != nil {
		f.t.Fatal(err)
	}
	return pcm[:2*frames]
}

// sender makes a sender to f that runs for the length of the test.
func (f *fakeReceiver) sender(o Options) *Sender {
	f.t.Helper()
	o.Addr = f.listener.Addr().(*net.TCPAddr).AddrPort()
	s, err := New(o)
	if err != nil {
		f.t.Fatal(err)
	}
	s.key = &f.key.PublicKey
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	f.t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			f.t.Errorf("Run: %v", err)
		}
	})
	return s
}

func (f *fakeReceiver) connected(o Options) *Sender {
	f.t.Helper()
	s := f.sender(o)
	if err := s.Connect(f.t.Context()); err != nil {
		f.t.Fatal(err)
	}
	return s
}

// eventually waits for what another goroutine brings about.
func eventually(t *testing.T, what string, reached func() bool) {
	t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	timeout := time.After(waitTimeout)
	for !reached() {
		select {
		case <-tick.C:
		case <-timeout:
			t.Fatalf("timed out waiting for %s", what)
		}
	}
}
