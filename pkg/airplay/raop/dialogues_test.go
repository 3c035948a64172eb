package raop_test

import (
	"encoding/hex"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/breezeway-audio/breezeway/pkg/airplay/raop"
)

// A dialogue in testdata is a list of sections, recorded from the sender after
// which the file is named:
//
//	password  what the receiver asks for, first if at all
//	connect   open a connection, closing the one before
//	200, ...  send this request, expect that status
//	audio     send this packet (hex) to the audio port
//	control   send this packet (hex) to the control port
//	close     close the connection
//	events    what the owner should have been told in all
//
// A body that is not text is written as "hex:" and its bytes. In a digest, the
// nonce "@" is the receiver's, and the response "lower OPTIONS" stands for the
// hash of the password for that method, in hex digits of that case.
func TestDialogues(t *testing.T) {
	files, err := filepath.Glob("testdata/dialogues/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no dialogues: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			t.Parallel()
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			runDialogue(t, sections(string(text)))
		})
	}
}

// A section is what stands between one "-- name --" line and the next.
type section struct{ name, text string }

func sections(script string) []section {
	headings := regexp.MustCompile(`(?m)^-- (\w+) --\n`).FindAllStringSubmatchIndex(script, -1)
	all := make([]section, len(headings))
	for i, h := range headings {
		end := len(script)
		if i+1 < len(headings) {
			end = headings[i+1][0]
		}
		all[i] = section{name: script[h[2]:h[3]], text: script[h[1]:end]}
	}
	return all
}

func runDialogue(t *testing.T, script []section) {
	owner := newRecorder()
	options := raop.Options{Handler: owner}
	if script[0].name == "password" {
		options.Password = strings.TrimSpace(script[0].text)
		script = script[1:]
	}
	s := newSender(t, startReceiver(t, options), loopback)
	packets := 0
	for _, step := range script {
		switch step.name {
		case "connect":
			s.connect()
		case "close":
			s.disconnect()
		case "audio":
			packets++
			s.send(s.audio, "server_port", unhex(t, step.text))
			owner.await(t, packets, "packet")
		case "control":
			s.send(s.control, "control_port", unhex(t, step.text))
			if strings.HasPrefix(step.text, "80d6") {
				packets++
				owner.await(t, packets, "packet")
			}
		case "events":
			want := strings.TrimSpace(step.text)
			if want != "" {
				owner.await(t, strings.Count(want, "\n")+1, "")
			}
			if got := strings.Join(owner.said(), "\n"); got != want {
				t.Errorf("want events\n%s\ngot\n%s", want, got)
			}
		default:
			exchange(t, s, step, options.Password)
		}
	}
}

var senderPorts = regexp.MustCompile(`control_port=\d+;timing_port=\d+`)

// exchange sends a request of the script, with its ports made ours and its
// lines ended as RTSP has it.
func exchange(t *testing.T, s *sender, step section, password string) {
	t.Helper()
	want, err := strconv.Atoi(step.name)
	if err != nil {
		t.Fatalf("no section %q", step.name)
	}
	text := strings.ReplaceAll(step.text, "\n", "\r\n")
	text = senderPorts.ReplaceAllString(text, senderPorts.FindString(s.transport()))
	text = signed(t, text, s.nonce, password)
	response := s.raw(cutToLength(t, text))
	if response.Status != want {
		t.Errorf("want %d for %.60q, got %d", want, text, response.Status)
	}
	if wantCSeq := field(text, "CSeq"); response.Header.Get("CSeq") != wantCSeq {
		t.Errorf("want CSeq %s, got %s", wantCSeq, response.Header.Get("CSeq"))
	}
	if strings.Contains(text, "Apple-Challenge") != response.Header.Has("Apple-Response") {
		t.Errorf("Apple-Response %q for %.60q", response.Header.Get("Apple-Response"), text)
	}
}

var digestFields = regexp.MustCompile(`username="(.*)", realm="raop", nonce="@", uri="(.*)", response="(\w+) (\w+)"`)

// signed puts the nonce and the hash into a digest, if request has one.
func signed(t *testing.T, request, nonce, password string) string {
	t.Helper()
	return digestFields.ReplaceAllStringFunc(request, func(digest string) string {
		f := digestFields.FindStringSubmatch(digest)
		hexadecimal := map[string]func([]byte) string{"lower": small, "upper": capitals}[f[3]]
		return digestOf(f[1], f[4], f[2], nonce, password, hexadecimal)
	})
}

// cutToLength takes from the body what Content-Length does not count: some
// senders do not end their last line, as a text file does.
func cutToLength(t *testing.T, request string) string {
	t.Helper()
	head, body, found := strings.Cut(request, "\r\n\r\n")
	length, _ := strconv.Atoi(field(head, "Content-Length"))
	if text, isHex := strings.CutPrefix(body, "hex:"); isHex {
		body = string(unhex(t, text))
	}
	if !found || length > len(body) {
		t.Fatalf("body of %d bytes for %q", len(body), head)
	}
	return head + "\r\n\r\n" + body[:length]
}

func field(request, name string) string {
	_, rest, _ := strings.Cut(request, name+": ")
	value, _, _ := strings.Cut(rest, "\r\n")
	return value
}

func unhex(t *testing.T, text string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.TrimSpace(text))
	if err != nil {
		t.Fatal(err)
	}
	return b
}
