import { z } from 'zod';
import { fromBase64, jsonBody, parseAnswer, type Server } from './server.ts';
import { answeredPicture, type EditRequest, type Teacher, TeacherError } from './teacher.ts';

/** What the model is asked for; the defaults suit InstructPix2Pix. */
export interface WebuiSettings {
  readonly steps: number;
  /** How much the prompt counts. */
  readonly cfgScale: number;
  /** How much the source counts: the second guidance of InstructPix2Pix. */
  readonly imageCfgScale: number;
  readonly sampler: string;
  /** 1 lets the source in by its own channels alone, as InstructPix2Pix wants it. */
  readonly denoising: number;
  /** Checkpoint to load; without it the one that is loaded. */
  readonly model?: string;
}

const ANSWER = z.looseObject({ images: z.array(z.string()) });

/**
 * `POST /sdapi/v1/img2img`, the protocol of AUTOMATIC1111's WebUI, Forge, SD.Next and stable-diffusion.cpp.
 * @see T. Brooks et al., InstructPix2Pix, CVPR 2023, for the two guidance scales
 */
export function webuiTeacher(server: Server, settings: WebuiSettings): Teacher {
  return {
    about: `WebUI protocol at ${server.address.shown}`,
    config: { kind: 'webui', url: server.address.shown, ...settings },
    async edit(request) {
      const body = jsonBody(img2img(request, settings));
      const { images } = parseAnswer(await server.post('sdapi/v1/img2img', body), ANSWER);
      if (images[0] === undefined) throw new TeacherError('retry', 'its answer holds no picture');
      return answeredPicture(fromBase64(images[0]));
    },
    close: () => server.close(),
  };
}

function img2img({ png, concept, size, seed }: EditRequest, settings: WebuiSettings): object {
  return {
    prompt: concept.prompt,
    negative_prompt: concept.negative ?? '',
    init_images: [png.toString('base64')],
    denoising_strength: settings.denoising,
    steps: settings.steps,
    cfg_scale: settings.cfgScale,
    image_cfg_scale: settings.imageCfgScale,
    sampler_name: settings.sampler,
    seed,
    ...size,
    batch_size: 1,
    n_iter: 1,
    send_images: true,
    save_images: false,
    ...(settings.model !== undefined && { override_settings: { sd_model_checkpoint: settings.model } }),
  };
}
