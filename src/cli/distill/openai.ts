import { z } from 'zod';
import { formBody, fromBase64, parseAnswer, type Server } from './server.ts';
import { answeredPicture, type Teacher, TeacherError } from './teacher.ts';

const PICTURE = z.looseObject({
  b64_json: z.string().nullish(),
  url: z.string().nullish(),
});
const ANSWER = z.looseObject({ data: z.array(PICTURE) });

/**
 * `POST /v1/images/edits` (multipart), the protocol of OpenAI, stable-diffusion.cpp and LocalAI. A picture comes as
 * base64, or by an address on the same server. The protocol knows neither seeds nor negative prompts.
 */
export function openaiTeacher(server: Server, model: string | undefined): Teacher {
  const path = server.address.url.pathname.endsWith('/v1/') ? 'images/edits' : 'v1/images/edits';
  return {
    about: `images edits at ${server.address.shown}`,
    config: { kind: 'openai', url: server.address.shown, ...(model !== undefined && { model }) },
    async edit({ png, concept, size }) {
      const form = new FormData();
      form.set('image', new Blob([new Uint8Array(png)], { type: 'image/png' }), 'image.png');
      form.set('prompt', concept.prompt);
      form.set('n', '1');
      form.set('size', `${size.width}x${size.height}`);
      if (model !== undefined) form.set('model', model);
      // Only DALL-E answers with addresses of other hosts unless told, and only it takes this parameter everywhere.
      if (model?.startsWith('dall-e')) form.set('response_format', 'b64_json');
      const { data } = parseAnswer(await server.post(path, await formBody(form)), ANSWER);
      const { b64_json, url } = data[0] ?? {};
      if (b64_json) return answeredPicture(fromBase64(b64_json));
      if (url) return answeredPicture(await server.getLink(url));
      throw new TeacherError('retry', 'its answer holds no picture');
    },
    close: () => server.close(),
  };
}
