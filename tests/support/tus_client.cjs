// node tus_client.cjs ENDPOINT FILE OPTIONS: uploads with tus-js-client, as programs of others do. OPTIONS is JSON:
// {headers, metadata, abort: true to stop half way and go on with a new object, store: a file in which it remembers its
// uploads}. Prints "half" half way, "from N" where it goes on with what another process began, and, at the end, the address
// of the upload.
const fs = require("node:fs");
const path = require("node:path");
const tus = require(path.resolve(__dirname, "../../web/client/node_modules/tus-js-client"));

const [, , endpoint, file, text] = process.argv;
const { headers, metadata, abort, store } = JSON.parse(text);
const size = fs.statSync(file).size;
let told = false;

function upload(more) {
  return new tus.Upload(fs.createReadStream(file), {
    endpoint,
    headers,
    metadata,
    uploadSize: size,
    chunkSize: 1 << 20,
    retryDelays: Array(60).fill(300),
    onError: (error) => {
      console.error(String(error));
      process.exit(1);
    },
    onSuccess: () => console.log(current.url),
    ...(store && { urlStorage: new tus.FileUrlStorage(store), fingerprint: () => Promise.resolve(file) }),
    ...more,
  });
}

let current = upload({
  onChunkComplete: (_, sent) => {
    if (told || sent < size / 2) return;
    told = true;
    console.log("half");
    if (abort)
      void current.abort().then(() => {
        current = upload({ uploadUrl: current.url });
        current.start();
      });
  },
});
if (!store) current.start();
else
  void current.findPreviousUploads().then(([previous]) => {
    if (previous) {
      current.options.onAfterResponse = (request, answer) => {
        if (request.getMethod() === "HEAD") console.log(`from ${answer.getHeader("Upload-Offset")}`);
      };
      current.resumeFromPreviousUpload(previous);
    }
    current.start();
  });
