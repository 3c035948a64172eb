package lab

import (
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// pulseConfig keeps samples as they are.
const pulseConfig = `flat-volumes = no
default-sample-format = s16le
default-sample-rate = 44100
alternate-sample-rate = 44100
resample-method = copy
enable-remixing = no
`

const pulseWithin = 15 * time.Second

// Around the tone: a sender drops some packets at the start and FLUSHes what
// it has sent ahead at the end.
const (
	leadIn  = 0
	leadOut = 3500 * time.Millisecond
)

// Encryption is how a PulseAudio sender protects the sound.
type Encryption string

// Encryptions, in PulseAudio's words.
const (
	NoEncryption Encryption = "none"
	RSA          Encryption = "RSA"
)

// A Sender is PulseAudio with its AirPlay modules and no sound card.
type Sender struct {
	host    *Host
	process *Process
	dir     string
	env     []string
}

// StartSender runs PulseAudio on the host.
func (h *Host) StartSender(t testing.TB) *Sender {
	t.Helper()
	dir := t.TempDir()
	socket, script := filepath.Join(dir, "native"), filepath.Join(dir, "script.pa")
	s := &Sender{host: h, dir: dir, env: []string{
		"HOME=" + dir,
		"XDG_RUNTIME_DIR=" + dir, "PULSE_RUNTIME_PATH=" + filepath.Join(dir, "runtime"),
		"PULSE_SERVER=unix:" + socket, "DBUS_SESSION_BUS_ADDRESS=disabled:",
	}}
	s.write(t, ".config/pulse/daemon.conf", []byte(pulseConfig))
	s.write(t, "script.pa", fmt.Appendf(nil, "load-module module-native-protocol-unix socket=%s auth-anonymous=1\n"+
		"load-module module-null-sink sink_name=null\n", socket))
	s.process = h.Start(t, Program{Name: "pulseaudio", Dir: dir, Env: s.env, Args: []string{
		"pulseaudio", "-n", "-F", script, "--daemonize=no", "--use-pid-file=no", "--exit-idle-time=-1",
		"--disallow-exit", "--realtime=no", "--log-target=stderr", "--log-level=debug",
	}})
	s.process.WaitLine(t, "Daemon startup complete", pulseWithin)
	return s
}

func (s *Sender) write(t testing.TB, name string, content []byte) string {
	t.Helper()
	path := filepath.Join(s.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal("lab:", err)
	}
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal("lab:", err)
	}
	return path
}

// pulseRace is what PulseAudio 16 says before it aborts: its thread that sends
// may see that RECORD was answered before it was given the socket to send on.
const pulseRace = "Assertion 'pollfd' failed"

// Aborted reports whether the sender ended by that fault of its own, as it does
// once in some dozens of sessions, whoever the receiver is.
func (s *Sender) Aborted() bool {
	return s.process.Ended() && strings.Contains(s.process.output.text(), pulseRace)
}

// Stop ends the sender. It may be called twice.
func (s *Sender) Stop() { s.process.Stop() }

// control runs pactl.
func (s *Sender) control(t testing.TB, args ...string) string {
	t.Helper()
	return s.host.Output(t, append(append([]string{"env"}, s.env...), append([]string{"pactl"}, args...)...)...)
}

// A Sink is an AirPlay speaker as PulseAudio knows it.
type Sink struct {
	Name   string
	sender *Sender
	module string // number of the module that made it
}

// AddSink makes a sink of the AirPlay receiver at address, without mDNS, with
// further arguments of the module as it has them: "password=secret".
func (s *Sender) AddSink(t testing.TB, address netip.AddrPort, encryption Encryption, further ...string) *Sink {
	t.Helper()
	before := s.handshakes()
	name := fmt.Sprintf("raop_%d", address.Port())
	module := s.control(t, append([]string{"load-module", "module-raop-sink", "server=" + address.String(), "sink_name=" + name,
		"protocol=UDP", "codec=ALAC", "encryption=" + string(encryption), "rate=44100", "channels=2", "format=s16le"}, further...)...)
	s.waitHandshake(t, before)
	return &Sink{Name: name, sender: s, module: strings.TrimSpace(module)}
}

// Discover has mDNS make a sink of each AirPlay receiver and waits for the
// first one. The host must run avahi.
func (s *Sender) Discover(t testing.TB, within time.Duration) *Sink {
	t.Helper()
	before := s.handshakes()
	sink := &Sink{sender: s, module: strings.TrimSpace(s.control(t, "load-module", "module-raop-discover"))}
	Until(t, within, "PulseAudio discovers an AirPlay speaker", func() bool {
		for _, line := range strings.Split(s.control(t, "list", "short", "sinks"), "\n") {
			if fields := strings.Fields(line); len(fields) > 1 && strings.HasPrefix(fields[1], "raop") {
				sink.Name = fields[1]
			}
		}
		return sink.Name != ""
	})
	s.waitHandshake(t, before)
	return sink
}

// handshakeLog is what PulseAudio says when a receiver has answered its first
// OPTIONS.
const handshakeLog = "RAOP: OPTIONS (auth cb)"

func (s *Sender) handshakes() int {
	return strings.Count(s.process.output.text(), handshakeLog)
}

// waitHandshake waits until a new sink has been introduced to its receiver: one
// that is asked to play before that stays silent for ever.
func (s *Sender) waitHandshake(t testing.TB, before int) {
	t.Helper()
	Until(t, pulseWithin, "the receiver answers the sender", func() bool { return s.handshakes() > before })
}

// Play plays the tone with silence around it. It returns when it has begun; the
// Process ends when the sender has handed over all of it.
func (k *Sink) Play(t testing.TB, tone []byte) *Process {
	t.Helper()
	sound := append(append(Silence(leadIn), tone...), Silence(leadOut)...)
	file := k.sender.write(t, "tone.wav", WAV(sound))
	return k.sender.host.Start(t, Program{Name: "paplay", Dir: k.sender.dir, Env: k.sender.env, Args: []string{
		"paplay", "--device=" + k.Name, file,
	}})
}

// Remove ends the session: the sender sends TEARDOWN.
func (k *Sink) Remove(t testing.TB) {
	t.Helper()
	k.sender.control(t, "unload-module", k.module)
}
