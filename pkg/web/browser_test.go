package web_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"testing"
	"time"
)

// browserPatience bounds every wait for the browser, and every wait for the page.
const browserPatience = 30 * time.Second

// A browser is a headless Chromium with one page, steered by the Chrome DevTools
// Protocol over a pair of pipes: messages are JSON, ended by a zero byte.
type browser struct {
	t          *testing.T
	to, from   *os.File
	answers    *bufio.Reader
	session    string // of the page; empty: to the browser itself
	sent       int
	complaints []string // errors in the console: of scripts, of the policy, of loading
}

type command struct {
	ID        int    `json:"id"`
	Method    string `json:"method"`
	Params    any    `json:"params,omitempty"`
	SessionID string `json:"sessionId,omitempty"`
}

// A message is an answer to a command, or an event.
type message struct {
	ID                    int
	Method                string
	Params, Result, Error json.RawMessage
}

// browserPath finds a browser: the one of BREEZEWAY_BROWSER, or one in PATH.
func browserPath(t *testing.T) string {
	if path := os.Getenv("BREEZEWAY_BROWSER"); path != "" {
		return path
	}
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Skip("without a browser the page is not tried in one: none in PATH (Debian: chromium), and BREEZEWAY_BROWSER names none")
	return ""
}

// openBrowser starts a browser that talks to loopback alone. It ends with the test.
func openBrowser(t *testing.T) *browser {
	t.Helper()
	path := browserPath(t)
	profile, err1 := os.MkdirTemp("", "breezeway-browser")
	theirIn, ours, err2 := os.Pipe()
	from, theirOut, err3 := os.Pipe()
	if err := errors.Join(err1, err2, err3); err != nil {
		t.Fatal(err)
	}
	arguments := []string{
		"--headless", "--remote-debugging-pipe", "--user-data-dir=" + profile, "--disable-gpu", "--disable-quic", "--no-first-run",
		"--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-features=MediaRouter",
		"--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
	}
	if os.Geteuid() == 0 {
		arguments = append(arguments, "--no-sandbox") // it refuses to run as root with one
	}
	process := exec.Command(path, append(arguments, "about:blank")...)
	process.ExtraFiles = []*os.File{theirIn, theirOut} // 3 and 4
	if err := process.Start(); err != nil {
		t.Fatal(err)
	}
	_, _ = theirIn.Close(), theirOut.Close() // they are the browser's now
	b := &browser{t: t, to: ours, from: from, answers: bufio.NewReader(from)}
	t.Cleanup(func() {
		_ = ours.Close() // the browser ends with its pipe
		late := time.AfterFunc(browserPatience, func() { _ = process.Process.Kill() })
		_ = process.Wait() // whatever its exit code
		late.Stop()
		_ = from.Close()
		_ = os.RemoveAll(profile) // what its children still write stays
	})
	b.attach()
	return b
}

// attach makes a page. A browser that was only found, and that does not work, is
// no fault of ours.
func (b *browser) attach() {
	b.t.Helper()
	if err := b.try("Browser.getVersion", nil, nil); err != nil && os.Getenv("BREEZEWAY_BROWSER") == "" {
		b.t.Skip("the browser in PATH does not start, so the page is not tried in it; BREEZEWAY_BROWSER=<path> makes that a fault: ", err)
	}
	var page struct{ TargetID, SessionID string }
	b.call("Target.createTarget", map[string]any{"url": "about:blank"}, &page)
	b.call("Target.attachToTarget", map[string]any{"targetId": page.TargetID, "flatten": true}, &page)
	b.session = page.SessionID
	for _, domain := range []string{"Page", "Runtime", "Log"} {
		b.call(domain+".enable", nil, nil)
	}
}

// try sends a command and reads up to its answer.
func (b *browser) try(method string, params, result any) error {
	b.sent++
	text, err := json.Marshal(command{ID: b.sent, Method: method, Params: params, SessionID: b.session})
	if err != nil {
		return err
	}
	if _, err := b.to.Write(append(text, 0)); err != nil {
		return err
	}
	if err := b.from.SetReadDeadline(time.Now().Add(2 * browserPatience)); err != nil {
		return err
	}
	for {
		text, err := b.answers.ReadBytes(0)
		if err != nil {
			return err
		}
		var m message
		if err := json.Unmarshal(text[:len(text)-1], &m); err != nil {
			return err
		}
		switch {
		case m.ID != b.sent:
			b.note(m)
		case m.Error != nil:
			return fmt.Errorf("%s: %s", method, m.Error)
		case result != nil:
			return json.Unmarshal(m.Result, result)
		default:
			return nil
		}
	}
}

// note keeps what the page did wrong.
func (b *browser) note(m message) {
	var p struct {
		Type  string // of consoleAPICalled
		Entry struct{ Level string }
	}
	_ = json.Unmarshal(m.Params, &p) // events of other shapes are nothing wrong
	if m.Method == "Runtime.exceptionThrown" || p.Type == "error" || p.Entry.Level == "error" {
		b.complaints = append(b.complaints, string(m.Params))
	}
}

// call is try, where it must work.
func (b *browser) call(method string, params, result any) {
	b.t.Helper()
	if err := b.try(method, params, result); err != nil {
		b.t.Fatal(err)
	}
}

// text is the value of an expression of JavaScript, as text.
func (b *browser) text(expression string) string {
	b.t.Helper()
	var answer struct {
		Result           struct{ Value any }
		ExceptionDetails json.RawMessage
	}
	b.call("Runtime.evaluate", map[string]any{"expression": expression, "returnByValue": true, "awaitPromise": true}, &answer)
	if answer.ExceptionDetails != nil {
		b.t.Fatalf("%s: %s", expression, answer.ExceptionDetails)
	}
	return fmt.Sprint(answer.Result.Value)
}

// eventually waits for an expression to be true. The page looks at the status at
// once, as it does whenever it is shown again.
func (b *browser) eventually(expression string) {
	b.t.Helper()
	b.text("document.dispatchEvent(new Event('visibilitychange'))")
	wait := fmt.Sprintf(`(async () => {
		for (const end = Date.now() + %d; Date.now() < end; await new Promise((r) => setTimeout(r, 50))) if (%s) return true;
		return false;
	})()`, browserPatience.Milliseconds(), expression)
	if b.text(wait) != "true" {
		b.t.Fatalf("want %s; the page says %s", expression, b.text("document.body.innerText"))
	}
}
