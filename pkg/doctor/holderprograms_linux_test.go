package doctor

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"testing"
)

// holderPrograms are programs that hold ports, as far as the doctor looks at them.
var holderPrograms = map[string]func() error{
	"plex":         playPlex,
	"docker-proxy": func() error { _, err := playDockerProxy(); return err },
	"plex behind docker-proxy": func() error {
		conn, err := playDockerProxy()
		if err == nil {
			go answerSearches(conn, "172.17.0.2:32469")
		}
		return err
	},
}

// playPlex holds 1900/UDP exclusively and answers like Plex's DLNA server.
func playPlex() error {
	if err := renameTo("Plex DLNA Server"); err != nil {
		return err
	}
	if _, err := net.Listen("tcp4", ":32469"); err != nil {
		return err
	}
	conn, err := net.ListenPacket("udp4", "0.0.0.0:1900")
	if err != nil {
		return err
	}
	go answerSearches(conn, "10.77.0.2:32469")
	return nil
}

// answerSearches answers as Plex's DLNA server at an address does.
func answerSearches(conn net.PacketConn, at string) {
	buffer := make([]byte, 2048)
	for {
		n, from, err := conn.ReadFrom(buffer)
		if err != nil {
			return
		}
		if strings.HasPrefix(string(buffer[:n]), "M-SEARCH") {
			_, _ = conn.WriteTo([]byte("HTTP/1.1 200 OK\r\nLOCATION: http://"+at+"/DeviceDescription.xml\r\n"+
				"SERVER: UPnP/1.0 DLNADOC/1.50 Platinum/1.0.5.13\r\nST: upnp:rootdevice\r\nUSN: uuid:1::upnp:rootdevice\r\n\r\n"), from)
		}
	}
}

// playDockerProxy holds 1900/UDP as a published port does. It gives the IPv4 one
// of its sockets.
func playDockerProxy() (net.PacketConn, error) {
	if err := renameTo("docker-proxy"); err != nil {
		return nil, err
	}
	if _, err := net.ListenPacket("udp6", "[::]:1900"); err != nil {
		return nil, err
	}
	return net.ListenPacket("udp4", "0.0.0.0:1900")
}

// renameTo gives this process a name as it has in the list of processes.
func renameTo(name string) error {
	return os.WriteFile(fmt.Sprintf("/proc/self/task/%d/comm", os.Getpid()), []byte(name), 0)
}

// start runs a program that dies with the test, and waits for a line with word
// from it, if word is not empty.
func start(t *testing.T, cmd *exec.Cmd, word string) {
	t.Helper()
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = cmd.Stdout
	runtime.LockOSThread() // the signal comes when this thread ends
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = stdin.Close()
		_ = cmd.Process.Kill() // it may have ended by itself
		_ = cmd.Wait()
		runtime.UnlockOSThread()
	})
	var said []string
	for lines := bufio.NewScanner(out); word != "" && lines.Scan(); {
		said = append(said, lines.Text())
		if strings.Contains(lines.Text(), word) {
			return
		}
	}
	if word != "" {
		t.Fatalf("%s: want %q, got %q", cmd.Path, word, said)
	}
}

func holderProgram(t *testing.T, name string) {
	t.Helper()
	cmd := exec.Command("/proc/self/exe")
	cmd.Env = append(os.Environ(), holderVariable+"="+name)
	start(t, cmd, "ready")
}
