#!/usr/bin/env python3
"""A devnet of four validators under hostile load on its exchange, with an honest trader and readers beside it.

Usage: hostile_test.py OPENLIQUID [PHASE...]; without phases all of PHASES.
Sizes come from the environment, see SIZES; test/e2e/README.md says what is shown.
"""
import base64
import collections
import concurrent.futures
import http.client
import json
import os
import pathlib
import queue
import re
import resource
import socket
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from devnet import ROOT, Devnet, call, free_base_port, log_of, metric, wait_for  # noqa: E402

PHASES = ["level", "ask", "batches", "idle", "edge", "silent"]
CHAIN_ID = "7777"
NODES = range(4)
BTC, SOL = 0, 2
PRICES = {"BTC": "65000", "ETH": "3500", "SOL": "150"}
ORDERS_OF_ACCOUNT, ORDERS_OF_ACTION = 1_000, 100

SIZES = {name: int(os.environ.get(f"OL_HOSTILE_{name}", default)) for name, default in {
    "ORDERS": 10_000,   # that rest at one level in each round
    "ROUNDS": 1,        # of filling the level and cancelling it in a storm
    "CANCELS": 20,      # cancelAll of each account in a storm
    "BATCHES": 3,       # bodies of nearly 1 MB on JSON-RPC at once
    "SILENT": 2,        # clients that never read, of each kind, at each node
    "ASKED": 100,       # times that each of the second kind asks for a full page of the book
    "IDLE": 600,        # connections at each node that do nothing, from three addresses
    "EDGE": 1_000,      # accounts at the edge of liquidation
    "CALM_SECONDS": 3,  # before all that, to compare with
    "STRICT": 1,        # whether an API that begins anew, after which readers need a new snapshot, is a failure
    "MEMORY": 1,        # whether memory is checked; sanitizers keep what was freed
}.items()}

# A node's memory may grow by what it is allowed to keep, and no more: 64 MiB of waiting actions, 96 MiB of verified
# ones, 32 MiB of blocks for RPC, 8 MiB of database blocks, 64 MiB of write buffers; 1 KiB for each order ever placed
# (history, results and events of blocks kept, the state itself); 64 KiB for each connection (the kernel's part is not
# resident memory of the process); and once more 64 MiB for what the allocator scatters.
KEPT_MIB = 64 + 96 + 32 + 8 + 64 + 64
ORDER_KIB, CONNECTION_KIB = 1, 64
# What one client may leave unread before it is cut off.
SILENT_MIB = 32
BLOCK_CACHE = {"OPENLIQUID_STORAGE_BLOCK_CACHE_BYTES": str(8 << 20)}


def fail(text):
    sys.exit(f"FAILED: {text}")


class Lines:
    """A process that answers lines with lines, one for each, from one thread of ours."""

    def __init__(self, script, *arguments):
        command = ["node", str(ROOT / "test/e2e" / script), *arguments]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT)

    def tell(self, line):
        self.process.stdin.write(json.dumps(line) + "\n")
        self.process.stdin.flush()

    def ask(self, lines):
        """The answers to all lines; they are written while answers are read, or both sides would wait."""
        writer = threading.Thread(target=lambda: [self.tell(line) for line in lines])
        writer.start()
        out = [self.process.stdout.readline().strip() for _ in lines]
        writer.join()
        if "" in out:
            fail(f"{self.process.args[1]} ended")
        return out

    def end(self):
        self.process.stdin.close()
        self.process.wait()


class Http:
    """A connection that is kept, for one thread."""

    def __init__(self, port):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)

    def post(self, path, body):
        data = body if isinstance(body, str) else json.dumps(body)
        self.connection.request("POST", path, data, {"Content-Type": "application/json"})
        return json.loads(self.connection.getresponse().read())


def post(port, path, body):
    """Once. A connection that the node has closed meanwhile is no failure of the request: nothing was sent."""
    return Http(port).post(path, body)


def batch(port, method, params):
    """Answers of many calls, in their order, in bodies of at most 100 calls."""
    out = []
    for at in range(0, len(params), 100):
        calls = [{"jsonrpc": "2.0", "id": i, "method": method, "params": [one]} for i, one in
                 enumerate(params[at : at + 100])]
        answers = post(port, "/", calls)
        out += sorted(answers, key=lambda answer: answer["id"])
    return out


def limit_order(asset, is_buy, px, sz, tif="Gtc"):
    return {"a": asset, "b": is_buy, "p": px, "s": sz, "r": False, "t": {"limit": {"tif": tif}}}


def orders(*several):
    return {"type": "order", "orders": list(several), "grouping": "na"}


class Trader(threading.Thread):
    """The honest one: an order, then its cancel, at one node after the other, all the time."""

    def __init__(self, net, account):
        super().__init__(daemon=True)
        self.net, self.account, self.stopping = net, account, False
        self.signer = Lines("hostile_sign.mjs", CHAIN_ID, f"http://127.0.0.1:{net.port(0)}")
        self.samples, self.hashes, self.problem = [], [], None

    def run(self):
        try:
            turn = 0
            while not self.stopping:
                self.trade(turn % 4)
                turn += 1
        except Exception as error:  # The main thread says it: it waits for this one.
            self.problem = f"an ordinary order failed: {error!r}"

    def trade(self, node):
        status = self.act(node, orders(limit_order(BTC, True, "60000", "0.001")))
        status = self.act(node, {"type": "cancel", "cancels": [{"a": BTC, "o": status["resting"]["oid"]}]})
        if status != "success":
            raise ValueError(f"the cancel of an ordinary order: {status}")

    def act(self, node, action):
        body = self.signer.ask([{"account": self.account, "action": action}])[0]
        started = time.time()
        reply = post(self.net.port(node), "/exchange", body)
        ended = time.time()
        if reply["status"] != "ok":
            raise ValueError(json.dumps(reply))
        self.samples.append((started, ended - started))
        self.hashes.append(reply["hash"])
        return reply["response"]["data"]["statuses"][0]

    def end(self):
        self.stopping = True
        self.join()
        self.signer.end()
        if self.problem:
            fail(self.problem)


class SilentClient:
    """A WebSocket that asks for much and never reads. Its own buffer is small, so that the node's must hold it."""

    def __init__(self, port):
        self.socket = socket.socket()
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.socket.connect(("127.0.0.1", port))
        key = base64.b64encode(os.urandom(16)).decode()
        self.socket.sendall((f"GET /ws HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                             f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n").encode())
        if b" 101 " not in self.socket.recv(4096):
            fail("no WebSocket for a silent client")

    def send(self, message):
        """One text frame. The mask is zero: the protocol wants one, and any will do."""
        text = json.dumps(message).encode()
        size = bytes([0x80 | len(text)]) if len(text) < 126 else b"\xfe" + len(text).to_bytes(2, "big")
        try:
            self.socket.sendall(b"\x81" + size + bytes(4) + text)
        except OSError:
            pass  # It is cut off already.

    def subscribe(self, users):
        coins = ["BTC", "ETH", "SOL", "OPEN/USD"]
        wanted = [{"type": kind, "coin": coin} for coin in coins
                  for kind in ("l2Book", "l2Diff", "l4Diff", "bbo", "trades", "activeAssetCtx")]
        wanted += [{"type": "blocks"}, {"type": "allMids"}]
        wanted += [{"type": kind, "user": user} for user in users[:10]
                   for kind in ("orderUpdates", "userFills", "userEvents", "userNonFundingLedgerUpdates")]
        for subscription in wanted[:100]:
            self.send({"method": "subscribe", "subscription": subscription})

    def ask(self, count):
        """For the whole book, order by order, again and again."""
        for i in range(count):
            self.send({"method": "post", "id": i, "request": {"type": "info", "payload": {
                "type": "l4Book", "coin": "BTC"}}})

    def is_cut_off(self):
        """After what the kernel still has for us the connection has an end."""
        self.socket.settimeout(60)
        try:
            while self.socket.recv(1 << 20):
                pass
        except ConnectionError:
            pass
        except TimeoutError:
            return False
        return True


class Load:
    """One devnet, what is done to it, and what was measured meanwhile."""

    def __init__(self, net, prices):
        self.net, self.prices = net, prices
        url = f"http://127.0.0.1:{net.port(0)}"
        self.signer = Lines("hostile_sign.mjs", CHAIN_ID, url)
        self.reader = Lines("hostile_reader.mjs", *[f"http://127.0.0.1:{net.port(i)}" for i in NODES])
        self.phases, self.hashes, self.placed, self.next_account = [], [], 0, 1
        self.peak_mib = [0] * 4
        self.waiting, self.standing, self.never_read = [], [], []
        self.first_mib = [self.memory(i) for i in NODES]
        self.memory_stop = threading.Event()
        self.memory_thread = threading.Thread(target=self.watch_memory, daemon=True)
        self.memory_thread.start()
        self.trader = Trader(net, 0)
        self.fund([0], "1000000")
        self.trader.start()

    # --- Measuring.

    def memory(self, i):
        status = pathlib.Path(f"/proc/{self.net.nodes[i].pid}/status").read_text()
        return int(re.search(r"^VmRSS:\s+(\d+) kB", status, re.M).group(1)) / 1024

    def watch_memory(self):
        while not self.memory_stop.wait(0.2):
            self.peak_mib = [max(peak, self.memory(i)) for i, peak in enumerate(self.peak_mib)]

    def phase(self, name, work, *arguments):
        started, height = time.time(), self.net.height(0)
        work(*arguments)
        # However quick it was, the chain must go on after it.
        wait_for(f"blocks after {name}", lambda: min(self.net.height(i) for i in NODES) >= height + 3)
        self.check_results(name)
        if self.trader.problem:
            fail(f"{name}: {self.trader.problem}")
        self.phases.append((name, started, time.time()))
        print(f"{name}: {time.time() - started:.1f} s; resident MiB " +
              " ".join(f"{self.memory(i):.0f}" for i in NODES), flush=True)

    def check_results(self, name):
        """Every action that was answered has the same result at every node."""
        hashes = self.hashes + self.trader.hashes[:]
        self.hashes, self.trader.hashes[: len(self.trader.hashes)] = [], []
        seen = {}
        for i in NODES:
            missing = list(dict.fromkeys(hashes))

            def ask(i=i):
                answers = batch(self.net.port(i), "ol_exchangeResult", missing)
                for action, answer in zip(list(missing), answers):
                    if answer.get("result"):
                        if seen.setdefault(action, answer["result"]) != answer["result"]:
                            fail(f"{name}: two results of {action}")
                        missing.remove(action)
                return not missing
            wait_for(f"{name}: results of all actions at node {i}", ask)
        print(f"{name}: {len(seen)} actions answered, with one result each on four nodes", flush=True)

    # --- Doing.

    def accounts(self, count):
        """Numbers and addresses of accounts nobody has used."""
        numbers = list(range(self.next_account, self.next_account + count))
        self.next_account += count
        return numbers, self.signer.ask([{"account": n} for n in numbers])

    def fund(self, numbers, usd):
        """Each node asks its own share, and proposes it when it leads."""
        addresses = self.signer.ask([{"account": n} for n in numbers])

        def share(i):
            connection = Http(self.net.port(i))
            for user in addresses[i::4]:
                wait_for("the faucet", lambda user=user: connection.post(
                    "/dev", {"type": "faucet", "user": user, "usd": usd})["status"] == "ok")
            for user in addresses[i::4]:
                wait_for("the faucet's money", lambda user=user: connection.post(
                    "/info", {"type": "clearinghouseState", "user": user})["marginSummary"]["accountValue"] != "0")
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            list(pool.map(share, NODES))
        return addresses

    def submit_hex(self, port, lines):
        """One JSON-RPC body. What the node is too busy for is no action of it, and is sent again."""
        waiting, end = list(lines), time.monotonic() + 300
        while waiting and time.monotonic() < end:
            answers = batch(port, "ol_exchangeSubmit", waiting)
            self.hashes += [answer["result"] for answer in answers if "result" in answer]
            waiting = [line for line, answer in zip(waiting, answers) if "error" in answer]
            busy = all(re.search("busy|wait for a block|waits already", answer["error"]["message"])
                       for answer in answers if "error" in answer)
            if not busy:
                fail(f"an order is refused: {[a['error'] for a in answers if 'error' in a][0]}")
            waiting = [line for line, answer in zip(waiting, [a for a in answers if "error" in a])
                       if "waits already" not in answer["error"]["message"]]
        if waiting:
            fail("the node stayed busy")

    def post_all(self, bodies):
        """POST /exchange of every body, 32 at once over all nodes; every answer must be an acceptance."""
        work, problems = queue.SimpleQueue(), []
        for i, body in enumerate(bodies):
            work.put((i % 4, body))

        def run():
            connections = [Http(self.net.port(i)) for i in NODES]
            while True:
                try:
                    node, body = work.get_nowait()
                except queue.Empty:
                    return
                reply = connections[node].post("/exchange", body)
                if reply["status"] == "ok":
                    self.hashes.append(reply["hash"])
                else:
                    problems.append(reply)
        threads = [threading.Thread(target=run) for _ in range(32)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if problems:
            fail(f"{len(problems)} actions were refused, such as {problems[0]}")

    def place_level(self, numbers, px="63000"):
        """1,000 orders of each account at one price, in bodies of nearly 1 MB."""
        action = orders(*[limit_order(BTC, True, px, "0.001")] * ORDERS_OF_ACTION)
        jobs = [{"account": n, "action": action, "hex": True} for n in numbers
                for _ in range(ORDERS_OF_ACCOUNT // ORDERS_OF_ACTION)]
        lines = self.signer.ask(jobs)
        for at in range(0, len(lines), 70):
            self.submit_hex(self.net.port(at // 70 % 4), lines[at : at + 70])
        self.placed += len(lines) * ORDERS_OF_ACTION

    def level_size(self, i, px="63000"):
        book = post(self.net.port(i), "/info", {"type": "l2Book", "coin": "BTC"})
        return sum(level["n"] for level in book["levels"][0] if level["px"] == px)

    def level(self):
        """Orders at one level, of accounts that are new: budgets and open orders of old ones have an end."""
        numbers = self.waiting or self.accounts(SIZES["ORDERS"] // ORDERS_OF_ACCOUNT)[0]
        self.waiting = []
        addresses = self.fund(numbers, "100000")
        if self.placed == 0:
            self.reader.tell({"users": addresses[:10]})
        self.place_level(numbers)
        count = len(numbers) * ORDERS_OF_ACCOUNT
        for i in NODES:
            wait_for(f"{count} orders at one level of node {i}", lambda i=i: self.level_size(i) == count)
        self.standing = numbers

    def storm(self):
        """Every account cancels all, many times over and all at once."""
        jobs = [{"account": n, "action": {"type": "cancelAll"}} for _ in range(SIZES["CANCELS"]) for n in self.standing]
        self.post_all(self.signer.ask(jobs))
        for i in NODES:
            wait_for(f"an empty level at node {i}", lambda i=i: self.level_size(i) == 0)

    def batches(self):
        """Bodies of nearly 1 MB: what is far too long, what is as long as it may be, and what is full of work."""
        numbers, _ = self.accounts(2)
        self.fund(numbers, "100000")
        small = json.loads(self.signer.ask([{"account": numbers[0], "action": {"type": "noop"}}])[0])
        long = json.dumps(small | {"nonsense": "x" * 900_000})
        padded = self.signer.ask([{"account": numbers[0], "action": {"type": "noop"}}])[0].ljust(256 * 1024)
        wrong = json.dumps([{"jsonrpc": "2.0", "id": i, "method": "ol_exchangeSubmit", "params": ["0x" + "00" * 4_900]}
                            for i in range(100)])

        def hammer(i):
            port = self.net.port(i)
            for _ in range(SIZES["BATCHES"]):
                reply = post(port, "/exchange", long)
                if reply["response"].get("code") != 38 or "262144" not in reply["response"]["msg"]:
                    fail(f"a body that is too long is answered {reply}")
                answers = post(port, "/", wrong)
                if len(answers) != 100 or not all("error" in answer for answer in answers):
                    fail(f"actions of nothing are answered {answers[0]}")
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            list(pool.map(hammer, NODES))
        reply = post(self.net.port(1), "/exchange", padded)
        if reply["status"] != "ok":
            fail(f"a body as long as it may be is answered {reply}")
        self.hashes.append(reply["hash"])
        # Ten thousand elements more than the account may have open: each is answered, most with a refusal.
        action = orders(*[limit_order(BTC, True, "62000", "0.001")] * ORDERS_OF_ACTION)
        lines = self.signer.ask([{"account": numbers[1], "action": action, "hex": True} for _ in range(70)])
        self.submit_hex(self.net.port(2), lines)
        self.placed += ORDERS_OF_ACCOUNT
        cancel = self.signer.ask([{"account": numbers[1], "action": {"type": "cancelAll"}}])
        self.check_results("batches")
        self.post_all(cancel)

    def dropped(self, i):
        return log_of(self.net.home / f"node{i}").count("rpc client dropped")

    def connect_silent(self):
        """Clients that never read: some subscribe to everything, others ask for the whole book again and again."""
        self.waiting, addresses = self.accounts(SIZES["ORDERS"] // ORDERS_OF_ACCOUNT)
        self.silent_before = [self.dropped(i) for i in NODES]
        for i in NODES:
            for _ in range(SIZES["SILENT"]):
                subscriber = SilentClient(self.net.port(i))
                subscriber.subscribe(addresses)
                self.never_read.append(subscriber)
        self.silent_since = time.monotonic()

    def ask(self):
        """Now that the book is full, others ask for all of it again and again. They do not read either."""
        askers = [SilentClient(self.net.port(i)) for i in NODES for _ in range(SIZES["SILENT"])]
        for asker in askers:
            asker.ask(SIZES["ASKED"])
        self.never_read += askers

    def silent(self):
        """What they do not take for 30 s is enough to be cut off, and what waits for them may be enough before."""
        wanted = 2 * SIZES["SILENT"]
        for i in NODES:
            wait_for(f"{wanted} silent clients cut off at node {i}",
                     lambda i=i: self.dropped(i) - self.silent_before[i] >= wanted)
        print(f"silent: all {len(self.never_read)} cut off, the last at most {time.monotonic() - self.silent_since:.1f}"
              f" s after they connected; {self.drop_reasons()}")
        if not all(client.is_cut_off() for client in self.never_read):
            fail("a silent client is still connected")
        self.never_read.clear()

    def drop_reasons(self):
        """How often each reason stands in the logs."""
        text = "".join(log_of(self.net.home / f"node{i}") for i in NODES)
        found = collections.Counter(re.findall(r"it did[^\n\"]*|it does not read[^\n\"]*", text))
        return dict(found)

    def idle(self):
        """Connections that say nothing, or begin a request and never end it, from three addresses to each node."""
        held = []
        for i in NODES:
            for n in range(SIZES["IDLE"]):
                one = socket.create_connection(("127.0.0.1", self.net.port(i)), 60, (f"127.0.0.{2 + n % 3}", 0))
                if n % 2:
                    one.sendall(b"POST /exchange HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 200000\r\n\r\n{")
                held.append(one)
        # More than one address may have: the rest is told so, and nobody else notices.
        extra = [socket.create_connection(("127.0.0.1", self.net.port(0)), 60, ("127.0.0.9", 0)) for _ in range(300)]
        refused = 0
        for one in extra:
            one.settimeout(0.05)
            try:
                one.sendall(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
                refused += b" 503 " in one.recv(200)
            except TimeoutError:
                pass
            except ConnectionError:
                refused += 1
        if not self.level_size(0):
            self.level()
        self.storm()
        for one in held + extra:
            one.close()
        print(f"idle: {len(held)} connections held, {refused} of 300 of one address refused")
        if refused == 0:
            fail("one address may have as many connections as it likes")

    def set_prices(self, **new):
        PRICES.update(new)
        temporary = self.prices.with_suffix(".new")
        temporary.write_text(json.dumps(PRICES))
        temporary.rename(self.prices)

    def positions(self, i, addresses):
        connection = Http(self.net.port(i))
        states = [connection.post("/info", {"type": "clearinghouseState", "user": user}) for user in addresses]
        return sum(bool(state["assetPositions"]) for state in states)

    def edge(self):
        """Longs of SOL at 20x and no cent to spare; then the price falls by 3 % for all at once."""
        numbers, addresses = self.accounts(SIZES["EDGE"])
        (maker, other), _ = self.accounts(2)
        self.fund([maker, other], "100000000")
        self.fund(numbers, "78")
        lots = str(10 * len(numbers))
        self.post_all(self.signer.ask([{"account": maker, "action": orders(limit_order(SOL, False, "150", lots))}]))
        buy = orders(limit_order(SOL, True, "150", "10", "Ioc"))
        lines = self.signer.ask([{"account": n, "action": buy, "hex": True} for n in numbers])
        for at in range(0, len(lines), 100):
            self.submit_hex(self.net.port(at // 100 % 4), lines[at : at + 100])
        for i in NODES:
            wait_for(f"positions at node {i}", lambda i=i: self.positions(i, addresses) == len(numbers))
        # The mark follows oracle and book together, so both fall: somebody bids for everything, further down.
        self.set_prices(SOL="145.4")
        self.post_all(self.signer.ask([
            {"account": maker, "action": orders(limit_order(SOL, False, "145.5", "20"))},
            {"account": maker, "action": orders(limit_order(SOL, True, "145.3", lots))}]))
        self.post_all(self.signer.ask([
            {"account": other, "action": orders(limit_order(SOL, True, "145.5", "10", "Ioc"))}]))
        started = time.monotonic()
        for i in NODES:
            wait_for(f"liquidations at node {i}", lambda i=i: self.positions(i, addresses) == 0)
        print(f"edge: {len(numbers)} accounts liquidated, {time.monotonic() - started:.1f} s after the fall")

    # --- In the end.

    def check_roots(self):
        last = min(self.net.height(i) for i in NODES)
        heights = [hex(height) for height in range(last + 1)]
        seen = [[answer["result"] for answer in batch(self.net.port(i), "ol_exchangeRoots", heights)] for i in NODES]
        for height, one in enumerate(zip(*seen)):
            if not one[0] or any(other != one[0] for other in one):
                fail(f"roots at height {height}: {one}")
        print(f"the roots of {last + 1} blocks are equal on four nodes")

    def check_memory(self):
        self.memory_stop.set()
        self.memory_thread.join()
        clients = 2 * SIZES["SILENT"]
        bound = (KEPT_MIB + ORDER_KIB * self.placed / 1024 + CONNECTION_KIB * (SIZES["IDLE"] + 300) / 1024 +
                 SILENT_MIB * clients)
        grown = [peak - first for peak, first in zip(self.peak_mib, self.first_mib)]
        print("resident MiB at first " + " ".join(f"{m:.0f}" for m in self.first_mib) + ", at most " +
              " ".join(f"{m:.0f}" for m in self.peak_mib) + f"; may grow by {bound:.0f} MiB")
        if SIZES["MEMORY"] and max(grown) > bound:
            fail(f"a node grew by {max(grown):.0f} MiB, more than {bound:.0f}")

    def check_readers(self):
        """Who reads was told everything: every block, every change of a book, every order and cancel, at all nodes."""
        goal = max(self.net.height(i) for i in NODES)
        told = []

        def ask():
            told[:] = json.loads(self.reader.ask([{"report": True}])[0])
            return all(one["closed"] or one["blocks"][-1][0] >= goal for one in told)
        wait_for("the readers at the last block", ask)
        anew = [one["anew"] for one in told]
        if any(anew):
            missed = [one["missed"] for one in told]
            print(f"the API of the nodes began anew {anew} times, and did not tell {missed}")
            if SIZES["STRICT"]:
                fail("a reader was not told everything")
        for i, one in enumerate(told):
            if one["closed"] or one["gaps"] or (one["missed"] and not one["anew"]):
                fail(f"the reader of node {i} was {'cut off' if one['closed'] else 'not told everything'}: "
                     f"{one['gaps'][:3]} {one['missed'][:3]}")
        upto = [{block[0] for block in one["blocks"]} for one in told]
        counts = [[one[key] for key in ("rests", "cancels", "fills", "updates")] for one in told]
        whole = [one for one, again in zip(counts, anew) if not again]
        if any(one != whole[0] or one[0] < self.placed for one in whole):
            fail(f"rests, cancels, fills, updates at the nodes: {counts}, orders placed {self.placed}")
        print(f"each reader was told {len(upto[0])} blocks, {counts[0][0]} orders, {counts[0][1]} cancels, "
              f"{counts[0][2]} fills in {told[0]['messages']} messages")
        return told[0]["blocks"]

    def report(self, blocks):
        def figures(values):
            ordered = sorted(values)
            return "none" if not ordered else (f"p50 {1000 * ordered[len(ordered) // 2]:.0f} p99 "
                                               f"{1000 * ordered[int(len(ordered) * 0.99)]:.0f} most "
                                               f"{1000 * ordered[-1]:.0f} ms ({len(ordered)})")
        for name, start, end in self.phases:
            # Blocks by their own time, in milliseconds of the proposers' clocks, which are one here.
            times = [made for _, _, made in blocks if start <= made <= end]
            between = [b - a for a, b in zip(times, times[1:])]
            behind = [told - made for _, told, made in blocks if start <= made <= end]
            latency = [took for at, took in self.trader.samples if start <= at <= end]
            print(f"{name:8} between final blocks {figures(between)}; until a reader has them {figures(behind)}; "
                  f"ordinary order {figures(latency)}")
        lost = [metric(self.net.port(i), "openliquid_lost_views") for i in NODES]
        print(f"lost views {lost}; load of the machine {os.getloadavg()}, {os.cpu_count()} cores")

    def run(self, chosen):
        self.phase("calm", lambda: time.sleep(SIZES["CALM_SECONDS"]))
        for left in reversed(range(SIZES["ROUNDS"])):
            if "silent" in chosen:
                self.connect_silent()
            # The fall of the price is for the last round: no round after it would find the market as it was.
            for name in [name for name in chosen if name != "edge" or left == 0]:
                self.phase(name, getattr(self, name))
        self.trader.end()
        self.check_results("last orders")
        blocks = self.check_readers()
        self.report(blocks)
        self.check_memory()
        self.check_roots()

    def end(self):
        self.memory_stop.set()
        self.trader.stopping = True
        for one in (self.trader.signer, self.signer, self.reader):
            one.process.kill()
            one.process.wait()


def main():
    program, chosen = sys.argv[1], sys.argv[2:] or PHASES
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    with tempfile.TemporaryDirectory(prefix="openliquid-e2e-") as home:
        prices = pathlib.Path(home) / "prices.json"
        prices.write_text(json.dumps(PRICES))
        os.environ.update(BLOCK_CACHE | {"OPENLIQUID_ORACLE_SOURCE": f"file:{prices}"})
        net, load = Devnet(program, home + "/net", free_base_port()), None
        net.create()
        try:
            net.start_all()
            wait_for("a first block", lambda: min(net.height(i) for i in NODES) >= 1)
            load = Load(net, prices)
            load.run(chosen)
            net.stop_all()
        except BaseException:
            for node in NODES:
                print(f"--- node{node}\n" + "\n".join(log_of(net.home / f"node{node}").splitlines()[-15:]))
            raise
        finally:
            if load:
                load.end()
            for node in net.nodes.values():
                node.kill()
                node.wait()
    print("passed")


if __name__ == "__main__":
    main()
